// Work that follows something that moves on, such as a slider: one at a time, then the latest.
import { useEffect, useRef, useState } from 'preact/hooks';

/** What was made of the latest input that is done. */
export interface Latest<Input, Result> {
  readonly input: Input;
  readonly result: Result;
}

/**
 * Does work for the latest input. While it works, newer inputs wait and replace each other: so there are results on
 * the way, and the last one is that of the last input. `useWork`, in contrast, cancels what is outdated.
 *
 * @returns the latest result, and why there is none, as a sentence
 */
export function useLatest<Input, Result>(
  input: Input | undefined,
  work: (input: Input) => Promise<Result>,
): { readonly latest: Latest<Input, Result> | undefined; readonly problem: string | undefined } {
  const [latest, setLatest] = useState<Latest<Input, Result>>();
  const [problem, setProblem] = useState<string>();
  const wanted = useRef<Input | undefined>(undefined);
  const waiting = useRef<Input | undefined>(undefined);
  const isWorking = useRef(false);
  useEffect(() => {
    wanted.current = input;
    waiting.current = input;
    if (input === undefined) {
      setLatest(undefined);
      setProblem(undefined);
    }
    const goOn = async (): Promise<void> => {
      isWorking.current = true;
      while (waiting.current !== undefined) {
        const next = waiting.current;
        waiting.current = undefined;
        try {
          const result = await work(next);
          if (wanted.current !== undefined) {
            setLatest({ input: next, result });
            setProblem(undefined);
          }
        } catch (error) {
          setProblem(error instanceof Error ? error.message : String(error));
        }
      }
      isWorking.current = false;
    };
    if (!isWorking.current) {
      goOn();
    }
  }, [input]);
  useEffect(
    () => () => {
      wanted.current = undefined;
      waiting.current = undefined;
    },
    [],
  );
  return { latest, problem };
}
