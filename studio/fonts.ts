// Fonts of packages: in the one format that all browsers of the studio read.
import type { Plugin } from 'vite';

/** Leaves the older formats out of the fonts that a style sheet offers, so that they are not bundled. */
export const woff2Only: Plugin = {
  name: 'woff2-only',
  enforce: 'pre',
  transform(code, id) {
    return id.endsWith('.css') && code.includes('format("woff2")')
      ? code.replace(/,\s*url\([^)]*\)\s*format\("(?:woff|truetype)"\)/g, '')
      : null;
  },
};
