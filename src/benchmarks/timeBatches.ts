// How fast training batches are made.
import type { BatchLoader } from '../training/step/batchLoader.ts';

/** The time of some batches. */
export interface BatchTimes {
  /** Of all of them. */
  readonly seconds: number;
  /** Of the slowest, without that of step 0, which draws the order of the whole epoch. */
  readonly slowestSeconds: number;
}

/** Makes the batches of a number of consecutive steps, one at a time. */
export function timeBatches(loader: BatchLoader, first: number, steps: number): BatchTimes {
  const begin = performance.now();
  let slowest = 0;
  let before = begin;
  for (let step = first; step < first + steps; step++) {
    loader.at(step);
    const now = performance.now();
    slowest = step === 0 ? 0 : Math.max(slowest, now - before);
    before = now;
  }
  return { seconds: (before - begin) / 1000, slowestSeconds: slowest / 1000 };
}
