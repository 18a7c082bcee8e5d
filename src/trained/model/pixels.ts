// The pixels of the values that a decoder computes.
import { pixelsFromValues, reduceBits, toEightBit } from '../../data/pixels/bitDepth.ts';
import type { Precision } from '../../engine/onnx/emitter.ts';
import { UserError } from '../../errors.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { requireMemory } from '../../platform/memory.ts';
import { type Correction, correctImage } from './corrections.ts';

/** The 8-bit pixels of dequantised values: ⌊(x + ½)·2^bits⌋, clipped, scaled to 0..255. */
export function pixelsOf(values: ArrayLike<number>, bits: number): Uint8Array {
  return toEightBit(pixelsFromValues(values, bits), bits);
}

/**
 * The dequantised values of 8-bit pixels, each in the middle of its interval: (v + ½)/2^bits − ½, with v reduced to
 * the model's bits.
 */
export function valuesOf(pixels: Uint8Array, bits: number): Float32Array {
  return Float32Array.from(reduceBits(pixels, bits), (pixel) => (pixel + 0.5) / 2 ** bits - 0.5);
}

/** The pixels of one image, corrected; undefined if its values are not finite and not all of them are replaced. */
export function pixelsOfImage(
  values: NdArray['data'],
  bits: number,
  correction?: Correction,
): Uint8Array | undefined {
  if (correction && correction.positions === undefined) {
    return correction.values;
  }
  if (!areFinite(values)) {
    return undefined;
  }
  const pixels = pixelsOf(values, bits);
  if (correction) {
    correctImage(pixels, correction);
  }
  return pixels;
}

/** Blackens the images with non-finite values, and returns their indices. */
export function blackOut(values: NdArray['data'], dimensions: number): number[] {
  const images: number[] = [];
  for (let image = 0; image * dimensions < values.length; image++) {
    const own = values.subarray(image * dimensions, (image + 1) * dimensions);
    if (!areFinite(own)) {
      own.fill(-0.5);
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

/** An array of zeros for so many images of a shape, `[count, …]`. */
export function zerosFor(count: number, shape: ImageShape, precision: Precision): NdArray {
  const size = count * dimensionsOf(shape);
  const data = precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
  return { shape: [count, ...shape], data };
}

/** The most bytes of pixels that are returned at once: the longest array that every host has. */
const MOST_PIXEL_BYTES = 2 ** 31 - 1;

/**
 * The pixels of so many images, all black.
 *
 * @throws UserError (`out-of-memory`, `unsupported`) if they do not fit
 */
export function blackPixels(count: number, imageShape: ImageShape): Uint8Array {
  const bytes = count * dimensionsOf(imageShape);
  const remedy = 'draw fewer at a time, with different seeds';
  requireMemory(`the pixels of ${count} images`, bytes, remedy);
  if (bytes > MOST_PIXEL_BYTES) {
    throw new UserError('unsupported', `the pixels of ${count} images do not fit into one array: ${remedy}`);
  }
  return new Uint8Array(bytes);
}
