// The page's connection to the worker of the figure of a flow in two dimensions.
import { type Caller, connect } from '../calls.ts';
import { withRuntime } from '../withRuntime.ts';
import type { PlaneTasks } from './planeTasks.ts';

/** Starts a worker; `end` terminates it. */
export function startPlane(): { readonly call: Caller<PlaneTasks>; end(): void } {
  let worker: Worker | undefined;
  const call = connect<PlaneTasks>(
    () =>
      (worker = withRuntime(
        new Worker(new URL('./planeWorker.ts', import.meta.url), { type: 'module', name: 'plane' }),
      )),
  );
  call.start();
  return { call, end: () => worker?.terminate() };
}
