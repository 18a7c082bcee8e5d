// Bundles packages' fonts only as WOFF2, which all supported browsers read.
import type { Plugin } from 'vite';

/** Removes older font formats from style sheets so that they aren't bundled. */
export const woff2Only: Plugin = {
  name: 'woff2-only',
  enforce: 'pre',
  transform(code, id) {
    return id.endsWith('.css') && code.includes('format("woff2")')
      ? code.replace(/,\s*url\([^)]*\)\s*format\("(?:woff|truetype)"\)/g, '')
      : null;
  },
};
