// The page's connections to training workers: one per run, and one for stored runs.
import { type Caller, connect } from './calls.ts';
import type { TrainingTasks } from './trainingTasks.ts';
import { withRuntime } from './withRuntime.ts';

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
