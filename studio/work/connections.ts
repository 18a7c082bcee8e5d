// The page's connections to its workers.
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { type Caller, connect, type Tasks } from './calls.ts';
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

const openTrainer = (): Worker =>
  withRuntime(new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: 'trainer' }));

/** Reads runs and sizes, in a worker that trains nothing. */
export const lookUp = connect<TrainingTasks>(openTrainer);

/** A worker for one caller; `end` terminates it immediately and frees its memory. */
export interface Connection<Known extends Tasks> {
  readonly call: Caller<Known>;
  end(): void;
}

function connectOne<Known extends Tasks>(start: () => Worker): Connection<Known> {
  let worker: Worker | undefined;
  const call = connect<Known>(() => (worker = start()));
  return { call, end: () => worker?.terminate() };
}

/** Starts a run's own worker. */
export function startTrainer(): Connection<TrainingTasks> {
  return connectOne(openTrainer);
}

let readyPlane: Connection<PlaneTasks> | undefined;

/** Starts the worker that the next `takePlane` returns, while the room that needs it loads. */
export function preparePlane(): void {
  readyPlane ??= startPlane();
}

/** A worker with a flow in two dimensions. */
export function takePlane(): Connection<PlaneTasks> {
  const plane = readyPlane ?? startPlane();
  readyPlane = undefined;
  return plane;
}

function startPlane(): Connection<PlaneTasks> {
  const plane = connectOne<PlaneTasks>(() =>
    withRuntime(
      new Worker(new URL('./plane/planeWorker.ts', import.meta.url), { type: 'module', name: 'plane' }),
    ),
  );
  plane.call.start();
  return plane;
}
