// Resizes images with a triangle filter, and converts between grey and colour.
import type { ImageShape } from '../../numeric/imageShape.ts';
import { kindOf, type Values, zeros } from '../../numeric/values.ts';
import { filterAxis, type Taps } from './filterAxis.ts';

/** The weights of the colours in the luminance (ITU-R BT.601). */
const luminance = [0.299, 0.587, 0.114] as const;

/**
 * Resizes pixels [H, W, C] with a triangle filter: bilinear for enlarging, a weighted mean over the covered
 * pixels for downscaling; stretched if the aspect ratio differs. Integers are rounded.
 */
export function resized<Data extends Values>(
  pixels: Data,
  [height, width, channels]: ImageShape,
  [rows, columns]: readonly [height: number, width: number],
): Data {
  if (rows === height && columns === width) {
    return pixels;
  }
  const tall = filterAxis(pixels, [1, height, width * channels], rows, triangle(height, rows));
  const filtered = filterAxis(tall, [rows, width, channels], columns, triangle(width, columns));
  return inKindOf(pixels, filtered) as Data;
}

/** Converts colour to grey: the luminance. */
export function grey<Data extends Values>(pixels: Data): Data {
  const out = pixels.slice(0, pixels.length / 3) as Data;
  const round = pixels instanceof Float32Array ? Number : Math.round;
  for (let pixel = 0; pixel < out.length; pixel++) {
    const at = 3 * pixel;
    out[pixel] = round(
      luminance[0] * pixels[at]! + luminance[1] * pixels[at + 1]! + luminance[2] * pixels[at + 2]!,
    );
  }
  return out;
}

/** Converts grey to colour: three equal channels. */
export function inColour<Data extends Values>(pixels: Data): Data {
  const out = zeros(kindOf(pixels)!, 3 * pixels.length) as Data;
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const at = 3 * pixel;
    out[at] = out[at + 1] = out[at + 2] = pixels[pixel]!;
  }
  return out;
}

/** Numbers as values of the same kind as others. A plain loop: Uint8Array.from with a function is several times slower. */
function inKindOf(others: Values, values: Float64Array): Values {
  if (others instanceof Float32Array) {
    return Float32Array.from(values);
  }
  const out = others instanceof Uint8Array ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) {
    out[index] = Math.round(values[index]!);
  }
  return out;
}

/** A triangle as wide as two pixels of the smaller image, truncated at the edges. */
function triangle(length: number, wanted: number): (target: number) => Taps {
  const scale = length / wanted;
  const reach = Math.max(1, scale);
  return (target) => {
    const centre = (target + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(length - 1, Math.floor(centre + reach));
    const indices = Int32Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const weights = Float64Array.from(indices, (index) => 1 - Math.abs(index - centre) / reach);
    return { indices, weights, divisor: weights.reduce((sum, weight) => sum + weight, 0) };
  };
}

/** Whether the three channels of every pixel are equal. */
export function isColourless(data: Values): boolean {
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) {
      return false;
    }
  }
  return true;
}
