// Asynchronous work in a component: restarted when its inputs change, with outdated work cancelled.
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Progress, Waiting } from './calls.ts';

/** The state of some work. */
export interface Work<Result> {
  /** The last result, kept until there is a new one. */
  readonly result: Result | undefined;
  /** Whether the result is of earlier inputs: a newer one takes time, or has failed. */
  readonly isOutdated: boolean;
  /** The progress; undefined when idle. */
  readonly progress: Progress | undefined;
  /** Why the work failed, as a sentence. */
  readonly problem: string | undefined;
  /** Cancels the work. */
  stop(): void;
}

/** Whether there is something to show of some work: progress, or a problem. */
export function isShown({ progress, problem }: Work<unknown>): boolean {
  return progress !== undefined || problem !== undefined;
}

const beginning: Progress = { done: 0, total: undefined, doing: 'Starting' };

/**
 * Restarts work whenever one of `inputs` changes.
 *
 * @param begin starts the work; undefined clears the last result
 */
export function useWork<Result>(
  begin: ((waiting: Required<Waiting>) => Promise<Result>) | undefined,
  inputs: readonly unknown[],
): Work<Result> {
  const [result, setResult] = useState<Result>();
  const [progress, setProgress] = useState<Progress>();
  const [problem, setProblem] = useState<string>();
  const controller = useRef<AbortController | undefined>(undefined);
  // At once: an effect would wait for the next frame.
  useLayoutEffect(() => {
    const abortController = new AbortController();
    const { signal } = abortController;
    controller.current = abortController;
    const ifCurrent = (change: () => void): void => {
      if (!signal.aborted) {
        change();
      }
    };
    setProblem(undefined);
    setProgress(begin && beginning);
    if (begin === undefined) {
      setResult(undefined);
    }
    begin?.({ signal, onProgress: (update) => ifCurrent(() => setProgress(update)) })
      .then(
        (done) => ifCurrent(() => setResult(() => done)),
        (error: unknown) =>
          ifCurrent(() => setProblem(error instanceof Error ? error.message : String(error))),
      )
      .finally(() => ifCurrent(() => setProgress(undefined)));
    return () => abortController.abort();
    // The caller lists the dependencies.
  }, inputs);
  const stop = useCallback(() => {
    controller.current?.abort();
    setProgress(undefined);
    setProblem('Stopped.');
  }, []);
  const isOutdated = result !== undefined && (progress ?? problem) !== undefined;
  return { result, isOutdated, progress, problem, stop };
}
