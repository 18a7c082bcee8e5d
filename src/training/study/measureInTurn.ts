// Measures seconds: of one task, and of several tasks in turn.
import { RandomStream } from '../../core/numeric/index.ts';

/** Does some work, and returns how long it took. */
export async function timed<Result>(
  work: () => Promise<Result> | Result,
): Promise<{ readonly result: Result; readonly seconds: number }> {
  const begin = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - begin) / 1000 };
}

/** The seconds that some work takes. */
export async function secondsFor(work: () => Promise<unknown> | unknown): Promise<number> {
  return (await timed(work)).seconds;
}

/** How often several things are measured, and in what order. */
export interface Turns {
  /** Rounds whose values are discarded: the first ones compile and touch memory for the first time. */
  readonly warmUp: number;
  /** Rounds whose values are kept. */
  readonly rounds: number;
  /** Checked before each measurement. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each round with the number of rounds done, including `warmUp`. */
  onRound?(done: number): void;
}

/**
 * Measures several things in turn, each once per round, so that other load on the machine affects all of them equally. Every
 * round has its own random order, since each measurement leaves its data in the caches. Returns, for each, the values of the
 * rounds that are kept.
 *
 * @param measures each is passed the number of the round, from 0, including `warmUp`
 * @throws the signal's reason once it is aborted
 */
export async function measureInTurn<Value>(
  measures: readonly ((round: number) => Promise<Value> | Value)[],
  { warmUp, rounds, signal, onRound }: Turns,
): Promise<Value[][]> {
  const values = measures.map((): Value[] => []);
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const index of new RandomStream(0, 'turns', round).permutation(measures.length)) {
      signal?.throwIfAborted();
      const value = await measures[index]!(round);
      if (round >= warmUp) {
        values[index]!.push(value);
      }
    }
    onRound?.(round + 1);
  }
  return values;
}
