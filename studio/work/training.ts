// The page's ways to workers that train: one for each run, and one for the runs that are kept.
import { type Caller, connect } from './calls.ts';
import type { TrainingTasks } from './trainingTasks.ts';

const start = (): Worker =>
  new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module', name: 'trainer' });

/** Looks at runs and sizes, in a worker that trains nothing. */
export const lookUp = connect<TrainingTasks>(start);

/** A worker of its own for a training, and how to end it at once, with all that it holds. */
export function startTrainer(): { readonly call: Caller<TrainingTasks>; end(): void } {
  let worker: Worker | undefined;
  const call = connect<TrainingTasks>(() => (worker = start()));
  return { call, end: () => worker?.terminate() };
}
