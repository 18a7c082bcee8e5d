import { expect, it } from 'vitest';
import { imagesInMemory } from './contract/dataset.ts';
import { inspect } from './inspect.ts';

/** Colour images of 1 x 2 pixels. */
const images = (list: number[][]) => imagesInMemory(Uint8Array.from(list.flat()), [1, 2, 3]);

it('computes mean, deviation and range of each channel', async () => {
  const done: number[] = [];
  const set = images([
    [0, 10, 255, 4, 20, 255],
    [8, 30, 1, 4, 20, 1],
  ]);
  const { channels, ...others } = await inspect(set, 10, (count) => done.push(count));
  expect(others).toEqual({ images: 2, distinctValues: 8, colourless: false });
  const expected = [
    { mean: 4, deviation: Math.sqrt(8), least: 0, most: 8 },
    { mean: 20, deviation: Math.sqrt(50), least: 10, most: 30 },
    { mean: 128, deviation: 127, least: 1, most: 255 },
  ];
  channels.forEach(({ mean, deviation, ...range }, channel) => {
    expect(expected[channel]).toMatchObject(range);
    expect(mean).toBeCloseTo(expected[channel]!.mean, 10);
    expect(deviation).toBeCloseTo(expected[channel]!.deviation, 10);
  });
  expect(done).toEqual([2]);
});

it('recognises grey images with three channels, and respects the limit', async () => {
  const set = images([
    [1, 1, 1, 2, 2, 2],
    [3, 3, 3, 4, 4, 4],
    [5, 6, 7, 5, 6, 7],
  ]);
  expect(await inspect(set, 2)).toMatchObject({ images: 2, colourless: true });
  expect((await inspect(set, 3)).colourless).toBe(false);
});
