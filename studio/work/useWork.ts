// Work in a component: begun anew when its inputs change, and what is outdated is cancelled.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Progress, Waiting } from './calls.ts';

/** Work as a component sees it. */
export interface Work<Result> {
  /** The last result; it stays until there is a new one. */
  readonly result: Result | undefined;
  /** How far it is; undefined if nothing is being done. */
  readonly progress: Progress | undefined;
  /** Why there is no new result, as a sentence. */
  readonly problem: string | undefined;
  /** Cancels what is being done. */
  stop(): void;
}

const beginning: Progress = { done: 0, total: undefined, doing: 'Starting' };

/**
 * Does work when `inputs` change, compared one by one.
 *
 * @param begin does it; undefined if there is nothing to do, which also removes the last result
 */
export function useWork<Result>(
  begin: ((waiting: Required<Waiting>) => Promise<Result>) | undefined,
  inputs: readonly unknown[],
): Work<Result> {
  const [result, setResult] = useState<Result>();
  const [progress, setProgress] = useState<Progress>();
  const [problem, setProblem] = useState<string>();
  const controller = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    const own = new AbortController();
    const { signal } = own;
    controller.current = own;
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
    begin?.({ signal, onProgress: (one) => ifCurrent(() => setProgress(one)) })
      .then(
        (done) => ifCurrent(() => setResult(() => done)),
        (error: unknown) =>
          ifCurrent(() => setProblem(error instanceof Error ? error.message : String(error))),
      )
      .finally(() => ifCurrent(() => setProgress(undefined)));
    return () => own.abort();
    // The caller says what the work depends on.
  }, inputs);
  const stop = useCallback(() => {
    controller.current?.abort();
    setProgress(undefined);
    setProblem('Stopped.');
  }, []);
  return { result, progress, problem, stop };
}
