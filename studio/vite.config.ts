// Bundles the studio's page from its sources and the built package: `npm run build`, or `npx vite studio` to change it.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative: a site may lie in any folder of its host.
  base: './',
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
    // Sources are on GitHub; sizes are no news.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 20_000,
  },
  worker: { format: 'es' },
});
