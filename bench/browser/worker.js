// The worker of the page that `bench/browser.ts` times.
import { configureRuntime } from 'emerging-flows';
import { openImages } from 'emerging-flows/data';
import { timeSampling, timeTraining } from './measure.js';

configureRuntime({
  wasm: '/runtime/ort-wasm-simd-threaded.wasm',
  startWorker: () => new Worker('/gradients.js', { type: 'module' }),
});

const tasks = {
  train: async (options) => timeTraining(await openImages('/digits.images.gz'), options),
  sample: (options) => timeSampling('/mnist', options),
};

globalThis.onmessage = async ({ data: { task, clickedAt, ...options } }) => {
  // The time of the click by the clock of this worker.
  const began = performance.now() - (Date.now() - clickedAt);
  try {
    globalThis.postMessage({ result: await tasks[task]({ ...options, began }) });
  } catch (error) {
    globalThis.postMessage({ failure: String(error) });
  }
};
