import { expect, it } from 'vitest';
import type { BatchLoader } from '../training/step/batchLoader.ts';
import { timeBatches } from './timeBatches.ts';

it('makes the requested batches, each once, in order', () => {
  const made: number[] = [];
  const loader = { at: (step: number) => made.push(step) } as unknown as BatchLoader;
  const { seconds, slowestSeconds } = timeBatches(loader, 3, 4);
  expect(made).toEqual([3, 4, 5, 6]);
  expect(slowestSeconds).toBeLessThanOrEqual(seconds);
  expect(timeBatches(loader, 0, 1).slowestSeconds).toBe(0);
});
