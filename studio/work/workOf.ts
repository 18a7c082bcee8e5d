// How the library reports the progress of a task, and stops it when its call is cancelled.
import type { Call } from './calls.ts';

/** The options of a long call of the library. */
export function workOf(
  { signal, report }: Call,
  doing: string,
): { readonly signal: AbortSignal; onProgress(done: number, total: number): void } {
  return { signal, onProgress: (done, total) => report({ done, total, doing }) };
}
