import { expect, it } from 'vitest';
import { columnBlocks } from './blocks.ts';

const total = (lengths: readonly number[]) => lengths.reduce((sum, length) => sum + length, 0);

it('splits columns into blocks of 4 MiB, unless rows would be a multiple of 4 KiB apart', () => {
  expect(columnBlocks({ images: 9, pixels: 256, channels: 512 })).toEqual([1152, 1152]);
  expect(columnBlocks({ images: 32, pixels: 16, channels: 512 })).toEqual([512]);
  expect(columnBlocks({ images: 64, pixels: 196, channels: 64 })).toEqual([12544]);
  expect(columnBlocks({ images: 32, pixels: 256, channels: 512 })).toEqual([2080, 2080, 2016, 2016]);
  expect(columnBlocks({ images: 32, pixels: 64, channels: 512 })).toEqual([1056, 992]);
  // Pixels of this many images would be too long.
  expect(columnBlocks({ images: 1000, pixels: 9, channels: 512 })).toEqual([1808, 1792, 1808, 1792, 1800]);
  expect(columnBlocks({ images: 1, pixels: 1024, channels: 8 })).toEqual([512, 512]);
});

it('does not split an open batch', () => {
  expect(columnBlocks({ images: -1, pixels: 1024, channels: 512 })).toEqual([-1024]);
});

it('drops no column, and leaves blocks neither empty nor much too large', () => {
  for (const channels of [1, 64, 512, 2 ** 14]) {
    for (const pixels of [1, 49, 64, 256, 1024]) {
      for (const images of [1, 2, 7, 32, 65, 130, 256, 258, 510, 512, 1024, 1032, 1536]) {
        const lengths = columnBlocks({ images, pixels, channels });
        expect(total(lengths)).toBe(images * pixels);
        expect(Math.min(...lengths)).toBeGreaterThan(0);
        expect(Math.max(...lengths)).toBeLessThanOrEqual((1.1 * 2 ** 20) / channels + 32);
        expect(lengths.filter((length) => length % 1024 === 0)).toEqual([]);
      }
    }
  }
});
