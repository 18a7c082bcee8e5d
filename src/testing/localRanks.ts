// Ranks within this process, which take turns: what they compute, without MPI.

import { LeaderFailed, type Ranks } from '../core/ranks/ranks.ts';

/**
 * Runs a function as each of several ranks, and returns their results. The first failure ends the wait, except on ranks
 * that fail because rank 0 has.
 */
export async function onLocalRanks<Result>(
  size: number,
  run: (ranks: Ranks) => Promise<Result>,
): Promise<Result[]> {
  let waiting: { rank: number; value: unknown; resolve(values: unknown[]): void }[] = [];
  /** What each rank brings, once all have come. */
  const exchange = <Value>(rank: number, value: Value): Promise<Value[]> =>
    new Promise((resolve) => {
      waiting.push({ rank, value, resolve: resolve as (values: unknown[]) => void });
      if (waiting.length === size) {
        const participants = waiting.sort((a, b) => a.rank - b.rank);
        waiting = [];
        for (const participant of participants) {
          participant.resolve(participants.map((contributor) => contributor.value));
        }
      }
    });
  const ranks = Array.from({ length: size }, (_, rank): Ranks => {
    const meet = async (): Promise<readonly number[]> => {
      await exchange(rank, null);
      return [];
    };
    return {
      rank,
      size,
      hosts: Array.from({ length: size }, (_, index) => `host${index}`),
      cores: 1,
      async sum(numbers) {
        const contributions = await exchange(rank, numbers.slice());
        numbers.fill(0);
        for (const contribution of contributions) {
          for (let index = 0; index < numbers.length; index++) {
            numbers[index]! += contribution[index]!;
          }
        }
      },
      async broadcast(bytes, from) {
        bytes.set((await exchange(rank, bytes.slice()))[from]!);
      },
      meet,
      async leave() {
        await meet();
      },
    };
  });
  return Promise.all(
    ranks.map((rank) =>
      run(rank).catch((error) => {
        if (error instanceof LeaderFailed) {
          return new Promise<never>(() => {});
        }
        throw error;
      }),
    ),
  );
}
