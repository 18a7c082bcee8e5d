// A worker that compresses images, in further workers with one thread each.
import { configureRuntime } from 'emerging-flows';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { serve } from './calls.ts';
import { codecTasks } from './codecTasks.ts';
import { sentenceOf } from './models.ts';

configureRuntime({
  // Compressed files name it by its hash.
  wasm: new URL(wasm, import.meta.url),
  startWorker: () => new Worker(new URL('./helper.ts', import.meta.url), { type: 'module', name: 'helper' }),
});
serve(codecTasks, sentenceOf);
