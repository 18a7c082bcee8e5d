// The page's connection to the worker that compresses images.
import { connect } from './calls.ts';
import type { CodecTasks } from './codecTasks.ts';
import { withRuntime } from './withRuntime.ts';

/** Runs a task of the room Compress. */
export const code = connect<CodecTasks>(() =>
  withRuntime(new Worker(new URL('./coder.ts', import.meta.url), { type: 'module', name: 'coder' })),
);
