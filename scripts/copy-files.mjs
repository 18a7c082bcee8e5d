// Copies to a build what it loads of packages that are not installed with it: of the 139 MB of onnxruntime-web, 4 MB
// compressed for `src/tensor/engine/wasmRuntime.node.ts` and the studio's page, and of the 11 MB of dejavu-fonts-ttf, 2 MB for
// `src/data/pictures/rasteriseMain.node.ts`.
// node copy-files.mjs BUILD
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const build = process.argv[2];
const { resolve } = createRequire(import.meta.url);

const runtime = dirname(resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
mkdirSync(join(build, 'wasm'), { recursive: true });
cpSync(join(runtime, 'ort.wasm.bundle.min.mjs'), join(build, 'wasm/ort.wasm.bundle.min.mjs'));
const wasm = readFileSync(join(runtime, 'ort-wasm-simd-threaded.wasm'));
writeFileSync(join(build, 'wasm/ort-wasm-simd-threaded.wasm.gz'), gzipSync(wasm, { level: 9 }));
// The package does not contain its licence, which is the same as ours.
const licence = readFileSync(fileURLToPath(new URL('../LICENSE', import.meta.url)), 'utf8');
const theirs = licence.replace(/^Copyright.*$/m, 'Copyright (c) Microsoft Corporation');
writeFileSync(join(build, 'wasm', 'LICENSE'), theirs);

const fonts = dirname(resolve('dejavu-fonts-ttf/package.json'));
for (const file of ['ttf/DejaVuSans.ttf', 'ttf/DejaVuSans-Bold.ttf', 'LICENSE']) {
  cpSync(join(fonts, file), join(build, 'fonts', file.replace('ttf/', '')));
}
