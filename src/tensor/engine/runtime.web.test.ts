// How failures of the runtime in a page are explained.
import { expect, it } from 'vitest';
import { configureRuntime, explainFailure, workerFactory } from './runtime.web.ts';

it.each([
  // As a training of 1,024 images of 32x32x3 at width 512 ended in Chromium.
  ['a full memory', new Error('failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc')],
  ['an exception without words', 137463664],
  ['an array that cannot be allocated', new RangeError('Array buffer allocation failed')],
])('says what to do about %s', (_, cause) => {
  expect(explainFailure(cause, 'cpu')).toMatchObject({
    code: 'out-of-memory',
    message: expect.stringContaining('start again in a new worker'),
    cause,
  });
});

it.each([
  'WebGPU device error (GPUOutOfMemoryError): no room',
  'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.',
])('says that the memory of a device is full: %s', (reason) => {
  expect(explainFailure(new Error(`${reason}\n - While calling`), 'webgpu')).toMatchObject({
    code: 'out-of-memory',
    message: `the memory of the device 'webgpu' is full: ${reason}; use a smaller training.microBatch or batch, activations: 'recompute' in training, or device: 'cpu'`,
  });
});

it('says that a device is lost, and does not change other failures', () => {
  const lost = new Error('Failed to run: GPUDevice was lost\nat somewhere');
  expect(explainFailure(lost, 'webgpu')).toMatchObject({
    code: 'unsupported',
    message: "the device 'webgpu' cannot run this: Failed to run: GPUDevice was lost; use device: 'cpu'",
  });
  expect(explainFailure(lost, 'cpu')).toBe(lost);
});

it('names the file that keeps the runtime from starting, and refuses options that it does not know', () => {
  configureRuntime({ wasm: '/nope.wasm' });
  const missing = new Error(
    'no available backend found. ERR: [wasm] RuntimeError: Aborted(both async and sync)',
  );
  expect(explainFailure(missing, 'cpu')).toMatchObject({
    code: 'io',
    message: expect.stringMatching(
      /^cannot start ONNX Runtime with \/nope\.wasm: \[wasm\] RuntimeError: .*; serve the file of onnxruntime-web/,
    ),
  });
  expect(() => configureRuntime({ wsam: '/x.wasm' } as never)).toThrow('configureRuntime has no option wsam');
});

it('compiles the runtime once for all workers, and says what is wrong with a file', async () => {
  const startWorker = () => ({}) as Worker;
  const empty = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  configureRuntime({ wasm: empty, startWorker });
  const [first, second] = await Promise.all([workerFactory()!.runtime(), workerFactory()!.runtime()]);
  expect(first.module).toBeInstanceOf(WebAssembly.Module);
  expect(second.module).toBe(first.module);
  configureRuntime({ wasm: empty.slice(1), startWorker });
  await expect(workerFactory()!.runtime()).rejects.toMatchObject({
    code: 'io',
    message: expect.stringMatching(
      /^cannot start ONNX Runtime with .*magic word.*; serve the file of onnxruntime-web/,
    ),
  });
  configureRuntime({ startWorker });
  expect(await workerFactory()!.runtime()).toEqual({});
});
