// Work that follows a moving input such as a slider: one call at once, then the latest input.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** The latest finished input and its result. */
export interface Latest<Input, Result> {
  readonly input: Input;
  readonly result: Result;
}

/** Results that follow sooner are not marked as outdated. */
const PATIENCE_MS = 200;

/**
 * Works on the latest input. Inputs that arrive meanwhile replace each other, so there are intermediate results, and
 * the last result belongs to the last input. `useWork`, in contrast, cancels outdated work.
 *
 * @returns the latest result, whether a newer one takes long or has failed, and why the last call failed, as a sentence
 */
export function useLatest<Input, Result>(
  input: Input | undefined,
  work: (input: Input) => Promise<Result>,
): {
  readonly latest: Latest<Input, Result> | undefined;
  readonly isOutdated: boolean;
  readonly problem: string | undefined;
} {
  const [latest, setLatest] = useState<Latest<Input, Result>>();
  const [isOutdated, setOutdated] = useState(false);
  const [problem, setProblem] = useState<string>();
  /** The waiting input, bound to the work that came with it. */
  const waiting = useRef<(() => Promise<Latest<Input, Result>>) | undefined>(undefined);
  /** Changes when nothing is wanted: what was begun before is then of no use, even if something is wanted later. */
  const round = useRef(0);
  const isWorking = useRef(false);
  // At once: an effect would wait for the next frame.
  useLayoutEffect(() => {
    waiting.current = input === undefined ? undefined : async () => ({ input, result: await work(input) });
    if (input === undefined) {
      round.current++;
      setLatest(undefined);
      setProblem(undefined);
    }
    const workOff = async (): Promise<void> => {
      isWorking.current = true;
      while (waiting.current !== undefined) {
        const next = waiting.current;
        const begun = round.current;
        waiting.current = undefined;
        const timer = setTimeout(setOutdated, PATIENCE_MS, true);
        try {
          const finished = await next();
          if (round.current === begun) {
            setLatest(finished);
            setProblem(undefined);
          }
          clearTimeout(timer);
          if (waiting.current === undefined) {
            setOutdated(false);
          }
        } catch (error) {
          clearTimeout(timer);
          if (round.current === begun) {
            setOutdated(true);
            setProblem(error instanceof Error ? error.message : String(error));
          }
        }
      }
      isWorking.current = false;
    };
    if (!isWorking.current) {
      workOff();
    }
  }, [input]);
  useEffect(
    () => () => {
      round.current++;
      waiting.current = undefined;
    },
    [],
  );
  return { latest, isOutdated: isOutdated && latest !== undefined, problem };
}
