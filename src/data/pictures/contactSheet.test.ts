import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { contactSheet, requireDrawable } from './contactSheet.ts';

function randomImages(length: number): Uint8Array {
  const stream = new RandomStream(5, 'images');
  return Uint8Array.from({ length }, () => stream.integer(256));
}

describe('contactSheet', () => {
  it('places every pixel of every image, with grey everywhere else', () => {
    const arbitrary = fc.record({
      count: fc.integer({ min: 1, max: 7 }),
      height: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 4 }),
      channels: fc.constantFrom(1, 3),
      columns: fc.integer({ min: 1, max: 5 }),
      scale: fc.integer({ min: 1, max: 3 }),
      gap: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ count, height, width, channels, columns, scale, gap }) => {
        const images = randomImages(count * height * width * channels);
        const png = decode(
          contactSheet(images, { imageShape: [height, width, channels], columns, scale, gap }),
        );
        const rows = Math.ceil(count / columns);
        expect([png.width, png.height]).toEqual([
          columns * width * scale + (columns - 1) * gap,
          rows * height * scale + (rows - 1) * gap,
        ]);
        expect([png.channels, png.depth]).toEqual([channels, 8]);
        const wrong = Array.from(png.data).filter((value, index) => {
          const channel = index % channels;
          const x = Math.floor(index / channels) % png.width;
          const y = Math.floor(index / channels / png.width);
          const [column, dx] = [Math.floor(x / (width * scale + gap)), x % (width * scale + gap)];
          const [row, dy] = [Math.floor(y / (height * scale + gap)), y % (height * scale + gap)];
          const image = row * columns + column;
          const inside = dx < width * scale && dy < height * scale && image < count;
          const pixel = (image * height + Math.floor(dy / scale)) * width + Math.floor(dx / scale);
          return value !== (inside ? images[pixel * channels + channel] : 128);
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  it.each<[number, [number, number, number], number, number]>([
    [10, [28, 28, 1], 4 * 56 + 3 * 2, 3 * 56 + 2 * 2],
    [16, [32, 32, 3], 4 * 64 + 3 * 2, 4 * 64 + 3 * 2],
    [4, [64, 64, 3], 2 * 64 + 2, 2 * 64 + 2],
    [2, [28, 28, 1], 2 * 56 + 2, 56],
    [1, [8, 8, 3], 32, 32],
    [12, [10, 40, 1], 2 * 40 + 2, 6 * 10 + 5 * 2],
    [3, [40, 1, 1], 3 + 2 * 2, 40],
  ])('arranges %i images of %j in nearly a square', (count, imageShape, width, height) => {
    const size = imageShape[0] * imageShape[1] * imageShape[2];
    const png = decode(contactSheet(randomImages(count * size), { imageShape }));
    expect([png.width, png.height]).toEqual([width, height]);
  });

  it('knows before the images are made whether they fit on a sheet', () => {
    const imageShape = [28, 28, 1] as const;
    expect(() => requireDrawable(10_000, { imageShape })).not.toThrow();
    expect(() => requireDrawable(1_000_000, { imageShape })).toThrow(
      '1000000 images would make a picture of 57998 x 57998 pixels, more than 268435456 in all: choose fewer images',
    );
  });

  it('refuses images with other than 1 or 3 channels, and a wrong size', () => {
    expect(() => contactSheet(new Uint8Array(8), { imageShape: [2, 2, 2] })).toThrow(UserError);
    expect(() => contactSheet(new Uint8Array(7), { imageShape: [2, 2, 1] })).toThrow(/count .* not 1\.75/);
    expect(() => contactSheet(new Uint8Array(0), { imageShape: [2, 2, 1] })).toThrow(/count .* not 0/);
    expect(() => contactSheet(new Uint8Array(4), { imageShape: [2, 2, 1], scale: 0.5 })).toThrow(/scale/);
  });
});
