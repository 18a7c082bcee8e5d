// Bundles the studio's page from its sources and the built package: `npm run build`, or `npx vite studio` to change it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { excerpts } from './excerpts.ts';
import { woff2Only } from './fonts.ts';
import { mixingTexts } from './mixings.ts';
import { DIGITS_COUNT, DIGITS_DATASET, DIGITS_FILE } from './work/digits.ts';

/** Adds digits to train on, prepared by the built package. */
function digits(): Plugin {
  let source: Uint8Array | undefined;
  return {
    name: 'digits',
    apply: 'build',
    generateBundle() {
      source ??= preparedDigits();
      this.emitFile({ type: 'asset', fileName: DIGITS_FILE, source });
    },
  };
}

function preparedDigits(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'emerging-digits-'));
  try {
    const file = join(folder, DIGITS_FILE);
    const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
    const options = ['datasets', 'prepare', DIGITS_DATASET, `--limit=${DIGITS_COUNT}`, `--out=${file}`];
    // What it says goes to stderr if it fails.
    execFileSync(process.execPath, [command, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export default defineConfig({
  // Relative: a site may lie in any folder of its host.
  base: './',
  plugins: [excerpts(fileURLToPath(new URL('..', import.meta.url))), woff2Only, mixingTexts, digits()],
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
    // The digits take longer than the rest.
    rolldownOptions: {
      input: ['index.html', 'figure.html'].map((file) => fileURLToPath(new URL(file, import.meta.url))),
      checks: { pluginTimings: false },
    },
    chunkSizeWarningLimit: 20_000,
  },
  worker: {
    format: 'es',
    // What is loaded only when needed elsewhere is at hand in a worker that trains.
    rolldownOptions: { checks: { ineffectiveDynamicImport: false } },
  },
});
