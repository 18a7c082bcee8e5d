import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { Glow } from '../../flows/models/glow.ts';
import { compareImages, dequantised, summariseReturned } from './returnedImages.ts';

// Two images of two pixels, in a model of two bits: levels 0, 1, 2, 3.
const original = [-0.375, -0.125, 0.125, 0.375];
const two = { images: 2, bits: 2 };

it('puts pixels in the middle of their intervals', async () => {
  const options = {
    levels: 1,
    depth: 1,
    conditioner: { width: 4 },
    mixing: '1x1',
    learnedPrior: false,
    bits: 2,
  } as const;
  const model = new Glow([2, 2, 1], options);
  const images = imagesInMemory(Uint8Array.of(0, 64, 191, 255), [2, 2, 1]);
  const { shape, data } = await dequantised(images, model);
  expect(shape).toEqual([1, 2, 2, 1]);
  expect([...data]).toEqual(original);
});

describe('decoded images', () => {
  it('are wrong at pixels with a different integer, but not at those clipped to the same one', () => {
    // The first is below all levels, the second a level up; the last is above all levels.
    expect(compareImages([-0.75, 0.125, 0.125, 0.875], original, two)).toEqual([
      { wrongPixels: 1, largestError: 0.375 },
      { wrongPixels: 0, largestError: 0.5 },
    ]);
  });

  it('are summarised, with the first of the worst', () => {
    const images = [
      { wrongPixels: 1, largestError: 0.1 },
      { wrongPixels: 0, largestError: 0.3 },
      { wrongPixels: 2, largestError: 0.3 },
    ];
    expect(summariseReturned(images, 4)).toEqual({
      images: 3,
      exactPixelShare: 0.75,
      largestError: 0.3,
      worstImage: 1,
    });
  });

  it('are wrong where a value is NaN, which is worse than any error', () => {
    const images = compareImages([-0.375, Number.NaN, Number.POSITIVE_INFINITY, 0.375], original, two);
    expect(images).toEqual([
      { wrongPixels: 1, largestError: Number.NaN },
      { wrongPixels: 1, largestError: Number.POSITIVE_INFINITY },
    ]);
    expect(summariseReturned(images, 2)).toMatchObject({ largestError: Number.NaN, worstImage: 0 });
  });
});
