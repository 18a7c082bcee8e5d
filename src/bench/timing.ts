// Measuring seconds: of some work, and of several works in turn.

/** Does some work, and tells how long it took. */
export async function timed<Result>(
  work: () => Promise<Result> | Result,
): Promise<{ readonly result: Result; readonly seconds: number }> {
  const begin = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - begin) / 1000 };
}

/** The seconds that some work takes. */
export async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  return (await timed(work)).seconds;
}

/** How often several things are measured, and in which order. */
export interface Turns {
  /** Rounds whose values do not count: the first ones compile, and meet memory that has not been touched yet. */
  readonly warmUp: number;
  /** Rounds whose values count. */
  readonly rounds: number;
  /** Whether every second round goes backwards, where it matters who comes first; default false. */
  readonly backAndForth?: boolean;
  /** Checked before each measurement. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each round with the number of those done, `warmUp` included. */
  onRound?(done: number): void;
}

/**
 * Measures several things in turn, each once in each round, so that what else the machine does meets all of them alike.
 * Gives, for each, the values of the rounds that count.
 *
 * @param measures each is told the number of the round, from 0, `warmUp` included
 * @throws the signal's reason once it is aborted
 */
export async function measureInTurn<Value>(
  measures: readonly ((round: number) => Promise<Value> | Value)[],
  { warmUp, rounds, backAndForth = false, signal, onRound }: Turns,
): Promise<Value[][]> {
  const values = measures.map((): Value[] => []);
  const forth = [...measures.entries()];
  const back = forth.toReversed();
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const [index, measure] of backAndForth && round % 2 === 1 ? back : forth) {
      signal?.throwIfAborted();
      const value = await measure(round);
      if (round >= warmUp) {
        values[index]!.push(value);
      }
    }
    onRound?.(round + 1);
  }
  return values;
}
