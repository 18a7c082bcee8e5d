// Bundles the studio from its sources and the built package: `npm run build`, or `npx vite studio` for development.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { excerpts } from './excerpts.ts';
import { glossary } from './glossary.ts';
import { partsModule } from './partMenus.ts';
import { virtualModule } from './virtualModule.ts';
import { DIGITS_COUNT, DIGITS_DATASET, DIGITS_FILE } from './work/digits.ts';

/** Adds the training digits, prepared by the built package. */
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
    const command = fileURLToPath(new URL('../dist/app/cli/main.js', import.meta.url));
    const options = ['datasets', 'prepare', DIGITS_DATASET, `--limit=${DIGITS_COUNT}`, `--out=${file}`];
    // On failure, the error includes stderr.
    execFileSync(process.execPath, [command, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Removes older font formats from style sheets so that they aren't bundled. */
const woff2Only: Plugin = {
  name: 'woff2-only',
  enforce: 'pre',
  transform(code, id) {
    return id.endsWith('.css') && code.includes('format("woff2")')
      ? code.replace(/,\s*url\([^)]*\)\s*format\("(?:woff|truetype)"\)/g, '')
      : null;
  },
};

export default defineConfig({
  // Relative, so that a site works below any path.
  base: './',
  plugins: [
    excerpts(fileURLToPath(new URL('..', import.meta.url))),
    glossary(fileURLToPath(new URL('../docs/glossary.md', import.meta.url))),
    woff2Only,
    virtualModule('parts', partsModule),
    digits(),
  ],
  resolve: {
    alias: {
      // Saves 27 MB: the studio computes on the CPU.
      'onnxruntime-web/webgpu': fileURLToPath(new URL('work/withoutWebgpu.ts', import.meta.url)),
    },
  },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy forbids fonts inlined in style sheets.
    assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
    reportCompressedSize: false,
    // Preparing the digits dominates the build time.
    rolldownOptions: {
      input: Object.fromEntries(
        ['index.html', 'figure.html'].map((file) => [
          file.split('.')[0]!,
          fileURLToPath(new URL(file, import.meta.url)),
        ]),
      ),
      checks: { pluginTimings: false },
    },
    chunkSizeWarningLimit: 20_000,
  },
  worker: {
    format: 'es',
    // The trainer imports statically what other workers load on demand.
    rolldownOptions: { checks: { ineffectiveDynamicImport: false } },
  },
});
