// Copies what `src/engine/wasmRuntime.node.ts` loads of onnxruntime-web, so that the built package runs without it: the
// package takes 139 MB, most of it other builds.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = process.argv[2];
const source = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
for (const file of ['ort-wasm-simd-threaded.wasm', 'ort.wasm.bundle.min.mjs']) {
  cpSync(join(source, file), join(target, file));
}
// The package does not contain its licence, which is the same as ours.
const licence = readFileSync(fileURLToPath(new URL('../LICENSE', import.meta.url)), 'utf8');
const theirs = licence.replace(/^Copyright.*$/m, 'Copyright (c) Microsoft Corporation');
writeFileSync(join(target, 'LICENSE'), theirs);
