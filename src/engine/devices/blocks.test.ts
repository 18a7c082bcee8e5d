import { expect, it } from 'vitest';
import { blockLengths, oddBlockLengths } from './blocks.ts';

const total = (lengths: readonly number[]) => lengths.reduce((sum, length) => sum + length, 0);

it('splits a batch into blocks of 4 MiB, and never an open one', () => {
  expect(blockLengths({ images: 32, pixels: 256, channels: 512 })).toEqual([8, 8, 8, 8]);
  expect(blockLengths({ images: 9, pixels: 256, channels: 512 })).toEqual([8, 1]);
  expect(blockLengths({ images: 3, pixels: 64, channels: 8 })).toEqual([3]);
  expect(blockLengths({ images: 2, pixels: 4096, channels: 4096 })).toEqual([1, 1]);
  expect(blockLengths({ images: -1, pixels: 256, channels: 512 })).toEqual([-1]);
  expect(oddBlockLengths({ images: -1, pixels: 1024, channels: 512 })).toEqual([-1]);
});

it('uses odd numbers of images where even ones would put rows a multiple of 4 KiB apart', () => {
  expect(oddBlockLengths({ images: 32, pixels: 256, channels: 512 })).toEqual([9, 9, 7, 7]);
  expect(oddBlockLengths({ images: 32, pixels: 64, channels: 512 })).toEqual([17, 15]);
  // No row is a multiple of 4 KiB long.
  expect(oddBlockLengths({ images: 32, pixels: 16, channels: 512 })).toEqual([32]);
  expect(oddBlockLengths({ images: 64, pixels: 196, channels: 64 })).toEqual([64]);
});

it('drops no image, and leaves blocks neither empty nor much too large', () => {
  for (const pixels of [64, 256, 512, 1024]) {
    for (let images = 1; images <= 70; images++) {
      const blocks = { images, pixels, channels: 512 };
      const lengths = oddBlockLengths(blocks);
      expect(total(lengths)).toBe(images);
      expect(Math.min(...lengths)).toBeGreaterThan(0);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(2 ** 20 / (pixels * 512) + 1);
      if (pixels < 1024) {
        expect(lengths.filter((length) => (length * pixels) % 1024 === 0)).toEqual([]);
      }
    }
  }
});
