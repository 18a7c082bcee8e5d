// The runtime's WebAssembly: the page fetches and compiles it once for all its workers.
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

let compiled: Promise<WebAssembly.Module | undefined> | undefined;

/** Fetches and compiles the runtime, unless that has begun. */
export function compileRuntime(): Promise<WebAssembly.Module | undefined> {
  // A worker without it loads it by itself, and reports what goes wrong.
  compiled ??= WebAssembly.compileStreaming(fetch(wasm)).catch(() => undefined);
  return compiled;
}

/** Sends a worker the compiled runtime once it is there; see `runtimeOfPage`. */
export function withRuntime(worker: Worker): Worker {
  compileRuntime().then((runtime) => worker.postMessage({ runtime }));
  return worker;
}
