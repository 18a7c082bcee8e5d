// The page's connections to its workers.
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { type Caller, connect } from './calls.ts';
import type { CodecTasks } from './codecTasks.ts';
import type { PlaneTasks } from './plane/planeTasks.ts';
import type { ModelTasks } from './tasks.ts';
import type { TrainingTasks } from './trainingTasks.ts';

let compiled: Promise<WebAssembly.Module | undefined> | undefined;

/** Fetches and compiles the runtime, unless that has begun. */
export function compileRuntime(): Promise<WebAssembly.Module | undefined> {
  // A worker without it loads it by itself, and reports what goes wrong.
  compiled ??= WebAssembly.compileStreaming(fetch(wasm)).catch(() => undefined);
  return compiled;
}

/** Sends a worker the compiled runtime once it is there; see `runtimeOfPage`. */
function withRuntime(worker: Worker): Worker {
  compileRuntime().then((runtime) => worker.postMessage({ runtime }));
  return worker;
}

/** Runs a task with a trained model, in a worker that all rooms share. */
export const compute = connect<ModelTasks>(() =>
  withRuntime(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'models' })),
);

/** Runs a task of the room Compress. */
export const code = connect<CodecTasks>(() =>
  withRuntime(new Worker(new URL('./coder.ts', import.meta.url), { type: 'module', name: 'coder' })),
);

const start = (): Worker =>
  withRuntime(new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: 'trainer' }));

/** Reads runs and sizes, in a worker that trains nothing. */
export const lookUp = connect<TrainingTasks>(start);

/** Starts a run's own worker; `end` terminates it immediately and frees its memory. */
export function startTrainer(): { readonly call: Caller<TrainingTasks>; end(): void } {
  let worker: Worker | undefined;
  const call = connect<TrainingTasks>(() => (worker = start()));
  return { call, end: () => worker?.terminate() };
}

let readyPlane: ReturnType<typeof startPlane> | undefined;

/** Starts the worker that the next `takePlane` returns, while the room that needs it loads. */
export function preparePlane(): void {
  readyPlane ??= startPlane();
}

/** A worker with a flow in two dimensions; `end` terminates it. */
export function takePlane(): ReturnType<typeof startPlane> {
  const plane = readyPlane ?? startPlane();
  readyPlane = undefined;
  return plane;
}

function startPlane(): { readonly call: Caller<PlaneTasks>; end(): void } {
  let worker: Worker | undefined;
  const call = connect<PlaneTasks>(
    () =>
      (worker = withRuntime(
        new Worker(new URL('./plane/planeWorker.ts', import.meta.url), { type: 'module', name: 'plane' }),
      )),
  );
  call.start();
  return { call, end: () => worker?.terminate() };
}
