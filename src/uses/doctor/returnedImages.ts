// Compares images after a round trip (encode, decode) with the originals: wrong pixels and errors.

import type { NdArray } from '../../core/numeric/index.ts';
import { type ImageSet, readAll } from '../../data/contract/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { imageArray } from '../../model/likelihood/index.ts';
import { evaluate } from '../../tensor/engine/index.ts';
import { constant } from '../../tensor/index.ts';

/** The round-trip errors of one image. */
interface ReturnedImage {
  /** How many of its values are a different integer, or, for real numbers, off by more than `MOST_ERROR`. */
  readonly wrongPixels: number;
  /** The largest |difference| of values in [−½, ½); NaN if any is NaN. */
  readonly largestError: number;
}

/** The round-trip errors of several images. */
export interface ReturnedImages {
  /** The number of images. */
  readonly images: number;
  /** The share of pixels that are the same integer. */
  readonly exactPixelShare: number;
  /** The largest |difference| of values in [−½, ½); NaN if any is NaN. */
  readonly largestError: number;
  /** The position of the image with the largest error. */
  readonly worstImage: number;
}

/** Real numbers have returned if they are off by at most so many standard deviations of their channel. */
const MOST_ERROR = 1e-3;

/** The values of images in the middle of each pixel's interval, (v + ½)/2^bits − ½, or real numbers standardised, `[N, H, W, C]`. */
export async function dequantised(images: ImageSet, model: Flow): Promise<NdArray> {
  const image = imageArray(readAll(images), images.imageShape, model.values);
  const [x] = await evaluate([model.dequantise(constant(image), constant(0.5))]);
  return { shape: image.shape, data: Float32Array.from(x!.data) };
}

/**
 * Compares each decoded image with its original.
 *
 * @param returned values of all images, concatenated
 * @param original their original values, from `dequantised`
 */
export function compareImages(
  returned: ArrayLike<number>,
  original: ArrayLike<number>,
  { images, bits }: { readonly images: number; readonly bits: number | undefined },
): ReturnedImage[] {
  const levels = 2 ** (bits ?? 0);
  const pixelFor = (value: number): number =>
    Math.min(Math.max(Math.floor((value + 0.5) * levels), 0), levels - 1);
  const isSame = (now: number, before: number): boolean =>
    bits === undefined ? Math.abs(now - before) <= MOST_ERROR : pixelFor(now) === pixelFor(before);
  const dimensions = original.length / images;
  return Array.from({ length: images }, (_, image) => {
    let [wrongPixels, largestError] = [0, 0];
    for (let index = image * dimensions; index < (image + 1) * dimensions; index++) {
      const [now, before] = [returned[index]!, original[index]!];
      wrongPixels += isSame(now, before) ? 0 : 1;
      largestError = Math.max(largestError, Math.abs(now - before));
    }
    return { wrongPixels, largestError };
  });
}

/** All images together, each of `dimensions` values. */
export function summariseReturned(images: readonly ReturnedImage[], dimensions: number): ReturnedImages {
  const pixels = images.length * dimensions;
  const wrong = images.reduce((total, { wrongPixels }) => total + wrongPixels, 0);
  const largestError = images.reduce((largest, image) => Math.max(largest, image.largestError), 0);
  return {
    images: images.length,
    exactPixelShare: (pixels - wrong) / pixels,
    largestError,
    worstImage: images.findIndex((image) => Object.is(image.largestError, largestError)),
  };
}
