// The baselines find an image far from all others.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/numeric/random.ts';
import { isolationForest, nearestNeighbours } from './baselines.ts';

const random = new RandomStream(0);
const size = 6;
/** Images near 100, the first value of which is near 50 or near 200. */
const images = (count: number): Uint8Array =>
  Uint8Array.from({ length: count * size }, (_, at) =>
    at % size === 0 ? (random.integer(2) === 0 ? 50 : 200) + random.integer(10) : 95 + random.integer(10),
  );
const train = images(400);
const odd = Uint8Array.of(125, 20, 180, 20, 180, 20);

describe.each([
  ['nearest neighbours', nearestNeighbours(train, size)],
  ['isolation forest', isolationForest(train, size, 0)],
])('%s', (_, score) => {
  it('scores an odd image above all others', () => {
    const others = score(images(50), size);
    expect(score(odd, size)[0]).toBeGreaterThan(Math.max(...others));
  });
});

it('is the distance to the fifth nearest image', () => {
  const line = Uint8Array.of(0, 10, 20, 30, 40, 50);
  expect([...nearestNeighbours(line, 1)(Uint8Array.of(0, 60), 1)]).toEqual([40, 50]);
});
