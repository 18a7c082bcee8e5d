import { describe, expect, it } from 'vitest';
import { imagesInMemory } from './dataset.ts';
import { toRawDataset } from './rawImages.ts';

const images = (count: number, start: number, channels = 3) =>
  imagesInMemory(
    Uint8Array.from({ length: count * 2 * channels }, (_, index) => start + index),
    [2, 1, channels],
  );

describe('toRawDataset', () => {
  it('returns the images of an opened dataset in order, any number of times', async () => {
    const raw = toRawDataset({ train: images(2, 0), test: images(1, 100) });
    expect(raw).not.toHaveProperty('validation');
    expect([raw.train.count, raw.test.count]).toEqual([2, 1]);
    for (const _ of ['first', 'second']) {
      const decodedImages = [];
      for await (const image of raw.train.images()) {
        decodedImages.push([image.name, await image.decode()]);
      }
      const plain = { width: 1, height: 2, channels: 3, notes: [] };
      expect(decodedImages).toEqual([
        ['train/0', { ...plain, data: Uint8Array.of(0, 1, 2, 3, 4, 5) }],
        ['train/1', { ...plain, data: Uint8Array.of(6, 7, 8, 9, 10, 11) }],
      ]);
    }
  });

  it('rejects numbers of channels that no image file has', async () => {
    const { train } = toRawDataset({ train: images(1, 0, 5), test: images(1, 0) });
    const first = train.images()[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow(RangeError);
  });
});
