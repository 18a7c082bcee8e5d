// ONNX Runtime for the web in Node: its WebAssembly, in one thread.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { option, phrase, UserError } from '../../core/errors.ts';
import { once } from '../../core/numeric/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import { defaultDevice } from './devices/device.ts';
import { providers } from './devices/providers.node.ts';
import type { Runtime } from './devices/providers.web.ts';
import type { Session, SessionOptions } from './session.ts';
import { createWebSession, isOutOfMemory } from './webSession.ts';

/** The file that pages load too. The other builds are for GPUs. */
const WASM = 'ort-wasm-simd-threaded.wasm';

/** The script that pages load too, with everything that it imports. */
const SCRIPT = 'ort.wasm.bundle.min.mjs';

/** The folder of both files in the built package, where the larger one is compressed. */
const copies = new URL('../../wasm/', import.meta.url);

/** The folder of both files: when run from source, the development dependency's. */
const runtimeFolder = once(() =>
  existsSync(copies)
    ? copies
    : pathToFileURL(createRequire(import.meta.url).resolve(`onnxruntime-web/${WASM}`)),
);

const wasmBytes = once(
  async (): Promise<Uint8Array> =>
    runtimeFolder() === copies
      ? promisify(gunzip)(await readFile(new URL(`${WASM}.gz`, copies)))
      : readFile(new URL(WASM, runtimeFolder())),
);

/** SHA-256, in hexadecimal, of the WebAssembly that the device `wasm` runs. */
export async function runtimeSha256(): Promise<string> {
  return sha256([await wasmBytes()]);
}

/** The runtime, loaded with the first session. */
const load = once(async () => {
  const [ort, wasmBinary]: [Runtime, Uint8Array] = await Promise.all([
    import(/* @vite-ignore */ new URL(SCRIPT, runtimeFolder()).href),
    wasmBytes(),
  ]);
  ort.env.logLevel = 'fatal';
  Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary });
  return ort;
});

/** Loads an ONNX model into the WebAssembly runtime. */
export async function createWasmSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const provider = providers[options.device].provider(options.deviceIndex ?? 0) as 'wasm';
  return createWebSession(model, { ort: await load(), provider, explain }, options);
}

function explain(cause: unknown): unknown {
  return isOutOfMemory(cause)
    ? new UserError(
        'out-of-memory',
        phrase`WebAssembly has no more memory for this (at most 4 GiB): use smaller batches or a smaller model, ${option('activations', 'recompute')} in training, or ${option('device', defaultDevice)}`,
        { cause },
      )
    : cause;
}
