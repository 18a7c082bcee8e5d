// The page's connection to its worker.
import { connect } from './calls.ts';
import type { ModelTasks } from './tasks.ts';
import { withRuntime } from './withRuntime.ts';

/** Runs a task with a trained model, in a worker that all rooms share. */
export const compute = connect<ModelTasks>(() =>
  withRuntime(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'models' })),
);
