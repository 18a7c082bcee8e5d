// The measure of scores and the methods without a flow, against values by hand.
import { expect, it } from 'vitest';
import { RandomStream } from '../../src/core/numeric/random.ts';
import { areaUnderCurve } from './areaUnderCurve.ts';
import { isolationForest, nearestNeighbours } from './baselines.ts';

it('counts pairs in order, and halves of equal ones', () => {
  expect(areaUnderCurve([4, 3], [2, 1])).toBe(1);
  expect(areaUnderCurve([4, 2], [3, 1])).toBe(0.75);
  expect(areaUnderCurve([1, 2], [3, 1])).toBe(0.375);
  expect(areaUnderCurve([Number.POSITIVE_INFINITY], [5])).toBe(1);
});

it('scores an odd image above all others', () => {
  const random = new RandomStream(0);
  const size = 6;
  /** Images near 100, whose first value is near 50 or near 200. */
  const images = (count: number): Uint8Array =>
    Uint8Array.from({ length: count * size }, (_, index) =>
      index % size === 0
        ? (random.integer(2) === 0 ? 50 : 200) + random.integer(10)
        : 95 + random.integer(10),
    );
  const train = images(400);
  for (const score of [nearestNeighbours(train, size), isolationForest(train, size, 0)]) {
    expect(score(Uint8Array.of(125, 20, 180, 20, 180, 20))[0]).toBeGreaterThan(
      Math.max(...score(images(50))),
    );
  }
});
