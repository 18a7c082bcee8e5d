// Images of other sizes and kinds: height and width by a triangle filter, colour to grey and grey to colour.
import type { ImageShape } from '../../numeric/imageShape.ts';

/** The share of each colour in the luminance (ITU-R BT.601). */
const luminance = [0.299, 0.587, 0.114] as const;

/**
 * The pixels [H, W, C] with another height and width, by a triangle filter: bilinear where an image grows, a weighted
 * mean of all it covers where it shrinks; the sides are stretched where they have another ratio.
 */
export function resized(
  pixels: Uint8Array,
  [height, width, channels]: ImageShape,
  [rows, columns]: readonly [height: number, width: number],
): Uint8Array {
  if (rows === height && columns === width) {
    return pixels;
  }
  const tall = resample(pixels, [1, height, width * channels], rows);
  return rounded(resample(tall, [rows, width, channels], columns));
}

/** The pixels of a colour image as grey: its luminance. */
export function grey(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(pixels.length / 3);
  for (let pixel = 0; pixel < out.length; pixel++) {
    const at = 3 * pixel;
    out[pixel] = Math.round(
      luminance[0] * pixels[at]! + luminance[1] * pixels[at + 1]! + luminance[2] * pixels[at + 2]!,
    );
  }
  return out;
}

/** The pixels of a grey image in three equal channels. */
export function inColour(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(3 * pixels.length);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const at = 3 * pixel;
    out[at] = out[at + 1] = out[at + 2] = pixels[pixel]!;
  }
  return out;
}

// A plain loop: Uint8Array.from with a function takes several times as long.
function rounded(values: Float64Array): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index++) {
    out[index] = Math.round(values[index]!);
  }
  return out;
}

/** An array `[outer, length, inner]` with another length of its middle axis. */
function resample(
  values: Uint8Array | Float64Array,
  [outer, length, inner]: readonly [number, number, number],
  wanted: number,
): Float64Array {
  const out = new Float64Array(outer * wanted * inner);
  const scale = length / wanted;
  const reach = Math.max(1, scale);
  for (let target = 0; target < wanted; target++) {
    const centre = (target + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(length - 1, Math.floor(centre + reach));
    const weights = Float64Array.from(
      { length: last - first + 1 },
      (_, index) => 1 - Math.abs(first + index - centre) / reach,
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let block = 0; block < outer; block++) {
      const to = (block * wanted + target) * inner;
      for (let tap = 0; tap < weights.length; tap++) {
        const weight = weights[tap]!;
        const from = (block * length + first + tap) * inner;
        for (let element = 0; element < inner; element++) {
          out[to + element]! += weight * values[from + element]!;
        }
      }
      for (let element = 0; element < inner; element++) {
        out[to + element]! /= total;
      }
    }
  }
  return out;
}
