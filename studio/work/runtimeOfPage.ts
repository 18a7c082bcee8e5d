// Where a worker finds the runtime's WebAssembly: compiled by the page, or in its file.
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

/** The options of `configureRuntime` for a worker started with `withRuntime`. */
export const runtimeOfPage = {
  // Compressed files name it by its hash.
  wasm: new URL(wasm, import.meta.url),
  module: new Promise<WebAssembly.Module | undefined>((resolve) => {
    addEventListener('message', function take({ data }: MessageEvent<unknown>) {
      if (typeof data === 'object' && data !== null && 'runtime' in data) {
        removeEventListener('message', take);
        resolve(data.runtime as WebAssembly.Module | undefined);
      }
    });
  }),
};
