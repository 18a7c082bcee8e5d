import { describe, expect, it } from 'vitest';
import type { DecodedImage } from '../contract/rawImages.ts';
import { fitPicture } from './fitPicture.ts';

const picture = (height: number, width: number, channels: 1 | 2 | 3 | 4, data: number[]): DecodedImage => ({
  height,
  width,
  channels,
  data: Uint8Array.from(data),
  notes: [],
});
/** A grey image whose pixels are their indices. */
const counting = (height: number, width: number): DecodedImage =>
  picture(
    height,
    width,
    1,
    Array.from({ length: height * width }, (_, index) => index),
  );
const fit = (image: DecodedImage, size: number, crop: 'center' | 'none' | 'tiles', channels: 1 | 3 = 1) => {
  const { images, notes } = fitPicture(image, { size, crop, channels });
  return { images: images.map((each) => [...each]), notes };
};

describe('fitPicture', () => {
  it('tiles cuts a Buffer, whose slices are views, without changing it', () => {
    const data = Buffer.from(Array.from({ length: 16 }, (_, index) => index));
    expect(fit({ ...counting(4, 4), data }, 2, 'tiles').images).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
      [8, 9, 12, 13],
      [10, 11, 14, 15],
    ]);
    expect([...data]).toEqual(Array.from({ length: 16 }, (_, index) => index));
  });

  it('center crops the central square', () => {
    expect(fit(counting(2, 5), 2, 'center').images).toEqual([[1, 2, 6, 7]]);
    expect(fit(counting(4, 2), 2, 'center').images).toEqual([[2, 3, 4, 5]]);
    expect(fit(counting(3, 3), 3, 'center')).toEqual({ images: [[0, 1, 2, 3, 4, 5, 6, 7, 8]], notes: [] });
  });

  it('center downscales it by a weighted mean', () => {
    const image = picture(2, 4, 1, [9, 0, 8, 9, 9, 4, 4, 9]);
    expect(fit(image, 1, 'center').images).toEqual([[4]]);
  });

  it('none stretches the whole image', () => {
    const wide = picture(1, 4, 1, [10, 10, 50, 50]);
    const { images, notes } = fit(wide, 2, 'none');
    expect(images).toHaveLength(1);
    const [[a, b, c, d]] = images as [number[]];
    expect([a, b]).toEqual([c, d]);
    expect(a! + b!).toBe(60);
    expect(a).toBeLessThan(b!);
    expect(notes).toEqual(['enlarged']);
  });

  it('tiles cuts without downscaling, with equal margins', () => {
    expect(fit(counting(2, 5), 2, 'tiles').images).toEqual([
      [0, 1, 5, 6],
      [2, 3, 7, 8],
    ]);
    expect(fit(counting(4, 4), 2, 'tiles').images).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
      [8, 9, 12, 13],
      [10, 11, 14, 15],
    ]);
    expect(fit(counting(1, 5), 2, 'tiles')).toEqual({ images: [], notes: ['too small for a tile'] });
  });

  it('converts between grey and colour, but not two or four channels', () => {
    expect(fit(picture(1, 1, 1, [7]), 1, 'center', 3)).toEqual({
      images: [[7, 7, 7]],
      notes: ['grey converted to colour'],
    });
    expect(fit(picture(1, 1, 3, [255, 0, 0]), 1, 'center')).toEqual({
      images: [[76]],
      notes: ['colour converted to grey'],
    });
    expect(fit(picture(1, 1, 4, [0, 100, 200, 128]), 1, 'center', 3)).toEqual({
      images: [[0, 100, 200, 128]],
      notes: [],
    });
    const wide = { ...picture(1, 1, 2, []), data: Uint16Array.of(257, 514) };
    expect(fit(wide, 1, 'center', 3)).toEqual({ images: [[1, 2]], notes: ['16-bit'] });
  });
});
