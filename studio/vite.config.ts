// Bundles the studio's page from its sources and the built package: `npm run build`, or `npx vite studio` to change it.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { excerpts } from './excerpts.ts';
import { woff2Only } from './fonts.ts';

export default defineConfig({
  // Relative: a site may lie in any folder of its host.
  base: './',
  plugins: [excerpts(fileURLToPath(new URL('..', import.meta.url))), woff2Only],
  resolve: {
    alias: {
      // 27 MB that no room uses.
      'onnxruntime-web/webgpu': fileURLToPath(new URL('work/withoutWebgpu.ts', import.meta.url)),
    },
  },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // Fonts stay files: the page may load none from within a style sheet.
    assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
    // Sources are on GitHub; sizes are no news.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 20_000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: 'es' },
});
