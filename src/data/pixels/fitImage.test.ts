// Converting images to a model's size and colour type: what is done by default, and what only with `resize`.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countElements, type ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { fitImage } from './fitImage.ts';

const source = 'photo.png';

function fit(pixels: readonly number[], shape: ImageShape, wanted: ImageShape, resize = false): number[] {
  return [...fitImage({ shape, pixels: Uint8Array.from(pixels) }, wanted, { source, resize })];
}

describe('without resizing', () => {
  it('keeps images that fit, and makes lossless conversions', () => {
    expect(fit([1, 2], [1, 2, 1], [1, 2, 1])).toEqual([1, 2]);
    expect(fit([1, 2], [1, 2, 1], [1, 2, 3])).toEqual([1, 1, 1, 2, 2, 2]);
    expect(fit([5, 5, 5, 9, 9, 9], [1, 2, 3], [1, 2, 1])).toEqual([5, 9]);
  });

  it.each<[string, ImageShape, ImageShape, string]>([
    ['another size', [2, 3, 1], [2, 2, 1], '2x3x1 grey, but the model takes 2x2x1 grey'],
    ['swapped sides', [2, 1, 3], [1, 2, 3], '2x1x3 colour, but the model takes 1x2x3 colour'],
    ['colour', [1, 2, 3], [1, 2, 1], '1x2x3 colour, but the model takes 1x2x1 grey'],
  ])('rejects %s', (_, shape, wanted, description) => {
    const pixels = Array.from({ length: countElements(shape) }, (_, index) => index);
    expect(() => fit(pixels, shape, wanted)).toThrow(
      `photo.png is ${description} (height x width x channels): add resize: true to fit it`,
    );
  });
});

it('never converts channels of real numbers, for they are not colours', () => {
  const pixels = Float32Array.of(1, 1, 1);
  for (const resize of [false, true]) {
    const options = { source: 'map.npy', resize };
    expect(() => fitImage({ shape: [1, 3, 1], pixels }, [1, 3, 3], options)).toThrow(
      'map.npy is 1x3x1, but the model takes 1x3x3 (height x width x channels): convert it',
    );
    expect(() => fitImage({ shape: [1, 1, 3], pixels }, [1, 2, 1], options)).toThrow('is 1x1x3, but');
  }
});

describe('with resizing', () => {
  it('converts colour to luminance', () => {
    const pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255];
    expect(fit(pixels, [1, 3, 3], [1, 3, 1], true)).toEqual([76, 150, 29]);
  });

  it('downscales by weighted means and upscales linearly', () => {
    // Half the pixels, a triangle twice as wide: pixels inside the new one have weight 3, their neighbours 1.
    expect(fit([0, 0, 80, 80], [1, 4, 1], [1, 2, 1], true)).toEqual([11, 69]);
    expect(fit([0, 80], [2, 1, 1], [4, 1, 1], true)).toEqual([0, 20, 60, 80]);
  });

  it('keeps uniform images and the range of values, for any size and number of channels', () => {
    const side = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(1, 3), (height, width, rows, columns, channels) => {
        const [from, to]: ImageShape[] = [
          [height, width, channels],
          [rows, columns, channels],
        ];
        const flat = Array.from({ length: countElements(from!) }, (_, index) => 40 + 50 * (index % channels));
        const expected = Array.from(
          { length: countElements(to!) },
          (_, index) => 40 + 50 * (index % channels),
        );
        expect(fit(flat, from!, to!, true)).toEqual(expected);
        const random = new RandomStream(height, 'pixels', width);
        const any = flat.map(() => random.integer(256));
        const [low, high] = [Math.min(...any), Math.max(...any)];
        for (const value of fit(any, from!, to!, true)) {
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThanOrEqual(high);
        }
      }),
    );
  });

  it('is symmetric: mirroring the image mirrors the result', () => {
    const random = new RandomStream(0, 'mirror');
    const row = Array.from({ length: 7 }, () => random.integer(256));
    for (const width of [3, 5, 11]) {
      const forward = fit(row, [1, 7, 1], [1, width, 1], true);
      expect(fit(row.toReversed(), [1, 7, 1], [1, width, 1], true)).toEqual(forward.toReversed());
    }
  });

  it('still rejects colour types that cannot be converted', () => {
    const message = /photo\.png is 1x1x3 colour, but the model takes 1x1x2 .*: convert it/;
    expect(() => fit([1, 2, 3], [1, 1, 3], [1, 1, 2], true)).toThrow(message);
  });
});

describe('images enlarged by repeating pixels', () => {
  const large = [1, 1, 2, 2, 1, 1, 2, 2];
  const noted = (pixels: readonly number[], shape: ImageShape, wanted: ImageShape, resize = false) => {
    const notes: string[] = [];
    const picture = { shape, pixels: Uint8Array.from(pixels) };
    const onNote = (note: string): void => void notes.push(note);
    return { pixels: [...fitImage(picture, wanted, { source, resize, onNote })], notes };
  };

  it.each([false, true])('return to their own size, with a note, resize: %s', (resize) => {
    const note = 'photo.png repeats every pixel 2x2: read as 1x2';
    expect(noted(large, [2, 4, 1], [1, 2, 1], resize)).toEqual({ pixels: [1, 2], notes: [note] });
    const colour = large.flatMap((level) => [level, level, level]);
    expect(noted(colour, [2, 4, 3], [1, 2, 1], resize)).toEqual({ pixels: [1, 2], notes: [note] });
    expect(noted(colour, [2, 4, 3], [1, 2, 3], resize).pixels).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it('are refused without a note, as are images of another factor, or with one other pixel', () => {
    expect(() => fit(large, [2, 4, 1], [1, 2, 1])).toThrow('but the model takes');
    expect(() => noted(large, [2, 4, 1], [2, 2, 1])).toThrow('but the model takes');
    expect(() => noted(large, [4, 2, 1], [1, 2, 1])).toThrow('but the model takes');
    expect(() => noted([...large.slice(0, 7), 3], [2, 4, 1], [1, 2, 1])).toThrow('but the model takes');
    expect(noted([...large.slice(0, 7), 3], [2, 4, 1], [1, 2, 1], true).notes).toEqual([]);
  });

  it('keep any pixels, whatever the size and the factor', () => {
    const side = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 2, max: 4 }),
        fc.constantFrom(1, 3),
        (h, w, factor, channels) => {
          const random = new RandomStream(h, 'pixels', w);
          const pixels = Array.from({ length: h * w * channels }, () => random.integer(256));
          const enlarged = Array.from({ length: h * w * channels * factor * factor }, (_, index) => {
            const [row, column] = [
              Math.floor(index / (w * factor * channels)),
              Math.floor(index / channels) % (w * factor),
            ];
            return pixels[
              (Math.floor(row / factor) * w + Math.floor(column / factor)) * channels + (index % channels)
            ]!;
          });
          const shape: ImageShape = [h * factor, w * factor, channels];
          expect(noted(enlarged, shape, [h, w, channels]).pixels).toEqual(pixels);
        },
      ),
    );
  });
});
