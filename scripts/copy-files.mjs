// Copies to a build what it loads of packages that are not installed with it: 15 MB of the 139 MB of onnxruntime-web, for
// `src/tensor/engine/wasmRuntime.node.ts`, and 2 MB of the 11 MB of dejavu-fonts-ttf, for `src/data/pictures/rasteriseMain.node.ts`.
// node copy-files.mjs BUILD
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const build = process.argv[2];
const { resolve } = createRequire(import.meta.url);

const runtime = dirname(resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
for (const file of ['ort-wasm-simd-threaded.wasm', 'ort.wasm.bundle.min.mjs']) {
  cpSync(join(runtime, file), join(build, 'wasm', file));
}
// The package does not contain its licence, which is the same as ours.
const licence = readFileSync(fileURLToPath(new URL('../LICENSE', import.meta.url)), 'utf8');
const theirs = licence.replace(/^Copyright.*$/m, 'Copyright (c) Microsoft Corporation');
writeFileSync(join(build, 'wasm', 'LICENSE'), theirs);

const fonts = dirname(resolve('dejavu-fonts-ttf/package.json'));
for (const file of ['ttf/DejaVuSans.ttf', 'ttf/DejaVuSans-Bold.ttf', 'LICENSE']) {
  cpSync(join(fonts, file), join(build, 'fonts', file.replace('ttf/', '')));
}
