// The pixels of the values that a decoder computes.

import { UserError } from '../core/errors.ts';
import {
  bytesOfValue,
  countDimensions,
  type ImageShape,
  type NdArray,
  type Values,
  valueKind,
  zeros,
} from '../core/numeric/index.ts';
import { requireMemory } from '../core/platform/index.ts';
import { pixelsFromValues, toBits, toFullRange } from '../data/pixels/index.ts';
import { type Flow, requireKind } from '../flows/models/index.ts';
import type { Precision } from '../tensor/engine/index.ts';
import { type Correction, correctImage } from './corrections.ts';

/** What images a model has: their shape and their values. */
type ImagesOf = Pick<Flow, 'imageShape' | 'values'>;

/**
 * The images encoded by x: integers ⌊(x + ½)·2^bits⌋, clipped, scaled to 0..255, or the real numbers
 * x·deviation + mean.
 */
export function toPixels(x: ArrayLike<number>, { imageShape: [, , channels], values }: ImagesOf): Values {
  if (values.bits !== undefined) {
    return toFullRange(pixelsFromValues(x, values.bits), values.bits);
  }
  return mapped(x, (each, index) => values.valueOf(each, index % channels));
}

/**
 * x of images: of pixels the middle of their intervals, (v + ½)/2^bits − ½, with v reduced to the model's bits; of real
 * numbers (v − mean)/deviation.
 *
 * @throws UserError (`mismatch`) if the model takes values of another kind
 */
export function toValues(images: Values, { imageShape: [, , channels], values }: ImagesOf): Float32Array {
  requireKind(valueKind(images)!, values);
  const { bits } = values;
  return images instanceof Float32Array || bits === undefined
    ? mapped(images, (value, index) => values.xOf(value, index % channels))
    : mapped(toBits(images, bits), (pixel) => values.xOf(pixel + 0.5, 0));
}

/** A plain loop: Float32Array.from with a function takes 80 bytes per value, and many times as long. */
function mapped(numbers: ArrayLike<number>, map: (value: number, index: number) => number): Float32Array {
  const out = new Float32Array(numbers.length);
  for (let index = 0; index < out.length; index++) {
    out[index] = map(numbers[index]!, index);
  }
  return out;
}

/** The pixels of one image, corrected; undefined if its values are not finite and not all of them are replaced. */
export function pixelsOfImage(
  values: NdArray['data'],
  model: ImagesOf,
  correction?: Correction,
): Values | undefined {
  if (correction && correction.positions === undefined) {
    return correction.values;
  }
  if (!areFinite(values)) {
    return undefined;
  }
  const pixels = toPixels(values, model);
  if (correction) {
    correctImage(pixels, correction);
  }
  return pixels;
}

/**
 * Replaces the images with non-finite x: integers become black, real numbers NaN.
 *
 * @returns their indices
 */
export function blankOut(x: NdArray['data'], { imageShape, values }: ImagesOf): number[] {
  const dimensions = countDimensions(imageShape);
  const images: number[] = [];
  for (let image = 0; image * dimensions < x.length; image++) {
    const imageValues = x.subarray(image * dimensions, (image + 1) * dimensions);
    if (!areFinite(imageValues)) {
      imageValues.fill(values.bits === undefined ? Number.NaN : -0.5);
      images.push(image);
    }
  }
  return images;
}

/** Whether all values are finite. A plain loop: `every` would be a noticeable part of a sample of a small model. */
function areFinite(values: NdArray['data']): boolean {
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index]!)) {
      return false;
    }
  }
  return true;
}

/** An array of zeros for a number of images of a shape, `[count, …]`. */
export function zerosFor(count: number, shape: ImageShape, precision: Precision): NdArray {
  const size = count * countDimensions(shape);
  const data = precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
  return { shape: [count, ...shape], data };
}

/** The most bytes of pixels that are returned at once: the longest array that every host has. */
const MOST_PIXEL_BYTES = 2 ** 31 - 1;

/**
 * The values of a number of images, all 0.
 *
 * @throws UserError (`out-of-memory`, `unsupported`) if they do not fit
 */
export function blankImages(count: number, { imageShape, values: { kind } }: ImagesOf): Values {
  const length = count * countDimensions(imageShape);
  const bytes = length * bytesOfValue(kind);
  const remedy = 'draw fewer at a time, with different seeds';
  requireMemory(`the pixels of ${count} images`, bytes, remedy);
  if (bytes > MOST_PIXEL_BYTES) {
    throw new UserError('unsupported', `the pixels of ${count} images do not fit into one array: ${remedy}`);
  }
  return zeros(kind, length);
}
