import { expect, it } from 'vitest';
import { BatchStream } from '../data/batches.ts';
import { imagesInMemory } from '../data/dataset.ts';
import { tinyImages } from '../testing/tinyImages.ts';
import { BatchLoader } from './batchLoader.ts';

const images = imagesInMemory(tinyImages(10, 4, 0), [4, 4, 1]);
const options = { batchSize: 3, seed: 5, bits: 6 };

it("returns the stream's images, reduced to the model's bits", () => {
  const { image } = new BatchLoader(images, options).at(4);
  const pixels = new Uint8Array(3 * 16);
  new BatchStream(images, 3, 5).batchAt(4, pixels);
  expect(image.shape).toEqual([3, 4, 4, 1]);
  expect([...image.data]).toEqual([...pixels].map((value) => value >> 2));
});

it('depends only on seed and step, noise included', () => {
  const copyAt = (loader: BatchLoader, step: number) => structuredClone(loader.at(step));
  const loader = new BatchLoader(images, options);
  const [third, first] = [copyAt(loader, 3), copyAt(loader, 1)];
  expect(copyAt(loader, 3)).toEqual(third);
  expect(copyAt(new BatchLoader(images, options), 3)).toEqual(third);
  expect(first.noise).not.toEqual(third.noise);
  expect(copyAt(new BatchLoader(images, { ...options, seed: 6 }), 3)).not.toEqual(third);
  expect(third.noise.data.every((value) => value >= 0 && value < 1)).toBe(true);
});
