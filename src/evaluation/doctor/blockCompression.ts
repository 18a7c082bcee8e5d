// What JPEG does to an image: rounds the cosine coefficients of its 8x8 blocks, channel by channel.
import type { ImageShape } from '../../numeric/imageShape.ts';

/** The side of a block. */
const SIDE = 8;

/**
 * The quantisation steps of coefficients at quality 50, in rows of vertical frequency.
 *
 * Source: ITU-T T.81 (JPEG), table K.1.
 */
const STEPS = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
].flat();

/** Row k is the cosine of frequency k at the centres of 8 pixels; the rows are orthonormal. */
const COSINES = Array.from({ length: SIDE }, (_, k) =>
  Array.from(
    { length: SIDE },
    (_, x) => Math.sqrt((k === 0 ? 1 : 2) / SIDE) * Math.cos(((2 * x + 1) * k * Math.PI) / (2 * SIDE)),
  ),
);

/**
 * An 8-bit image as it returns from JPEG of this quality, 1 to 100, each channel compressed as if it were a grey
 * image: without the change to luma and chroma that colour images go through.
 */
export function blockCompressed(image: Uint8Array, shape: ImageShape, quality: number): Uint8Array {
  const [height, width, channels] = shape;
  const steps = stepsAt(quality);
  const out = new Uint8Array(image.length);
  const block = new Float64Array(SIDE * SIDE);
  for (let channel = 0; channel < channels; channel++) {
    for (let top = 0; top < height; top += SIDE) {
      for (let left = 0; left < width; left += SIDE) {
        // A block that reaches over the edge repeats the last row and column.
        const positionOf = (y: number, x: number): number =>
          (Math.min(top + y, height - 1) * width + Math.min(left + x, width - 1)) * channels + channel;
        fill(block, (y, x) => image[positionOf(y, x)]! - 128);
        const coefficients = transform(block, (k, x) => COSINES[k]![x]!);
        const rounded = coefficients.map((value, index) => Math.round(value / steps[index]!) * steps[index]!);
        const back = transform(rounded, (x, k) => COSINES[k]![x]!);
        for (let y = 0; y < Math.min(SIDE, height - top); y++) {
          for (let x = 0; x < Math.min(SIDE, width - left); x++) {
            out[positionOf(y, x)] = Math.min(Math.max(Math.round(back[y * SIDE + x]! + 128), 0), 255);
          }
        }
      }
    }
  }
  return out;
}

/** The steps at a quality, scaled as the Independent JPEG Group's library does. */
function stepsAt(quality: number): number[] {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return STEPS.map((step) => Math.min(Math.max(Math.floor((step * percent + 50) / 100), 1), 255));
}

/** M·block·Mᵀ for the matrix M with these elements. */
function transform(block: Float64Array, element: (row: number, column: number) => number): Float64Array {
  const columns = product((y, x) => sumOver((i) => element(y, i) * block[i * SIDE + x]!));
  return product((y, x) => sumOver((i) => columns[y * SIDE + i]! * element(x, i)));
}

function product(value: (y: number, x: number) => number): Float64Array {
  const result = new Float64Array(SIDE * SIDE);
  fill(result, value);
  return result;
}

function fill(block: Float64Array, value: (y: number, x: number) => number): void {
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      block[y * SIDE + x] = value(y, x);
    }
  }
}

function sumOver(term: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < SIDE; index++) {
    total += term(index);
  }
  return total;
}
