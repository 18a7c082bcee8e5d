// Progress of a task, in images.
import type { Call } from './calls.ts';

/** Reports progress between batches, where a call that was cancelled ends. */
export function progressOf({ signal, report }: Call, doing: string, total?: number): (done: number) => void {
  return (done) => {
    signal.throwIfAborted();
    report({ done, total, doing });
  };
}
