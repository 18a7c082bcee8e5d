import { expect, it } from 'vitest';
import { type Dataset, imagesInMemory } from './contract/dataset.ts';
import { inspect } from './inspect.ts';

/** Images of 1 x 2 pixels. */
const dataset = (
  channels: 1 | 3,
  train: number[][],
  { validation = [], test = [] }: { validation?: number[][]; test?: number[][] } = {},
): Dataset => {
  const images = (list: number[][]) => imagesInMemory(Uint8Array.from(list.flat()), [1, 2, channels]);
  return {
    name: 'small',
    imageShape: [1, 2, channels],
    train: images(train),
    validation: images(validation),
    test: images(test),
  };
};

it('computes mean, deviation and range of each channel over the training images', async () => {
  const inspection = await inspect(
    dataset(
      3,
      [
        [0, 10, 255, 4, 20, 255],
        [8, 30, 1, 4, 20, 1],
      ],
      { test: [[9, 9, 9, 8, 8, 8]] },
    ),
    10,
  );
  expect(inspection.images).toEqual({ train: 2, validation: 0, test: 1 });
  expect(inspection.channels).toEqual([
    { mean: 4, deviation: Math.sqrt(8), least: 0, most: 8 },
    { mean: 20, deviation: Math.sqrt(50), least: 10, most: 30 },
    { mean: 128, deviation: 127, least: 1, most: 255 },
  ]);
  expect(inspection.distinctValues).toBe(8);
  expect(inspection.colourless).toBe(false);
});

it('finds images of a single colour, and duplicates within a split and across splits', async () => {
  const done: number[] = [];
  const splits = {
    validation: [
      [1, 2],
      [8, 9],
    ],
    test: [
      [8, 9],
      [6, 7],
      [6, 7],
    ],
  };
  const inspection = await inspect(
    dataset(
      1,
      [
        [1, 2],
        [5, 5],
        [1, 2],
        [1, 2],
      ],
      splits,
    ),
    10,
    (images) => done.push(images),
  );
  expect(inspection.constant).toEqual([{ split: 'train', index: 1 }]);
  expect(inspection.duplicates).toEqual([
    [
      { split: 'train', index: 0 },
      { split: 'train', index: 2 },
    ],
    [
      { split: 'train', index: 0 },
      { split: 'train', index: 3 },
    ],
    [
      { split: 'test', index: 1 },
      { split: 'test', index: 2 },
    ],
  ]);
  expect(inspection.shared).toEqual([
    [
      { split: 'train', index: 0 },
      { split: 'validation', index: 0 },
    ],
    [
      { split: 'validation', index: 1 },
      { split: 'test', index: 0 },
    ],
  ]);
  expect(done).toEqual([4, 6, 9]);
});

it('recognises grey images with three channels, and respects the limit', async () => {
  const inspection = await inspect(
    dataset(3, [
      [1, 1, 1, 2, 2, 2],
      [3, 3, 3, 4, 4, 4],
      [5, 6, 7, 5, 6, 7],
    ]),
    2,
  );
  expect(inspection.images.train).toBe(2);
  expect(inspection.colourless).toBe(true);
  expect(inspection.constant).toEqual([]);
  const unlimited = await inspect(
    dataset(3, [
      [1, 1, 1, 2, 2, 2],
      [5, 6, 7, 5, 6, 7],
    ]),
    2,
  );
  expect(unlimited.colourless).toBe(false);
  expect(unlimited.constant).toHaveLength(1);
});
