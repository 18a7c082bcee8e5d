// Resizes images: with a triangle filter, or as scikit-image does.
import type { ImageShape, Values } from '../../core/numeric/index.ts';

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
  return toSameKind(pixels, filtered) as Data;
}

/** Numbers as values of the same kind as others. A plain loop: Uint8Array.from with a function is several times slower. */
function toSameKind(others: Values, values: Float64Array): Values {
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

/** The elements that an output element is computed from: Σ weightᵢ·elementᵢ / divisor. */
interface Taps {
  readonly indices: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  readonly divisor: number;
}

/** Filters an array `[outer, length, inner]` to another length of its middle axis. */
function filterAxis(
  values: ArrayLike<number>,
  [outer, length, inner]: readonly [number, number, number],
  wanted: number,
  taps: (target: number) => Taps,
): Float64Array {
  const out = new Float64Array(outer * wanted * inner);
  for (let target = 0; target < wanted; target++) {
    const { indices, weights, divisor } = taps(target);
    for (let block = 0; block < outer; block++) {
      const to = (block * wanted + target) * inner;
      for (let tap = 0; tap < weights.length; tap++) {
        const weight = weights[tap]!;
        const from = (block * length + indices[tap]!) * inner;
        for (let element = 0; element < inner; element++) {
          out[to + element]! += weight * values[from + element]!;
        }
      }
      for (let element = 0; element < inner; element++) {
        out[to + element]! /= divisor;
      }
    }
  }
  return out;
}

/** The Gaussian is truncated at this many standard deviations. */
const reachInSigmas = 4;

/**
 * Resizes an image without rounding: along each axis a Gaussian filter with σ = max(0, (n/m − 1)/2), then
 * linear interpolation between pixel centres; edges are mirrored about the edge pixel.
 *
 * @param values HWC, with `channels` channels
 * @param from height and width, n
 * @param to height and width, m
 */
export function antiAliasedResize(
  values: ArrayLike<number>,
  channels: number,
  from: readonly [number, number],
  to: readonly [number, number],
): Float64Array {
  const blurredTall = filterAxis(values, [1, from[0], from[1] * channels], from[0], gaussian(from[0], to[0]));
  const blurred = filterAxis(blurredTall, [from[0], from[1], channels], from[1], gaussian(from[1], to[1]));
  const tall = filterAxis(blurred, [1, from[0], from[1] * channels], to[0], linear(from[0], to[0]));
  return filterAxis(tall, [to[0], from[1], channels], to[1], linear(from[1], to[1]));
}

function gaussian(length: number, wanted: number): (target: number) => Taps {
  const sigma = Math.max(0, (length / wanted - 1) / 2);
  const reach = Math.floor(reachInSigmas * sigma + 0.5);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, index) =>
    sigma === 0 ? 1 : Math.exp(-((index - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  return (target) => ({
    indices: shares.map((_, index) => mirrored(target + index - reach, length)),
    weights: shares,
    divisor: 1,
  });
}

function linear(length: number, wanted: number): (target: number) => Taps {
  return (target) => {
    const position = ((target + 0.5) * length) / wanted - 0.5;
    const first = Math.floor(position);
    return {
      indices: [mirrored(first, length), mirrored(first + 1, length)],
      weights: [first + 1 - position, position - first],
      divisor: 1,
    };
  };
}

/** Mirrors an out-of-range index about the edge pixel, which is not repeated. */
function mirrored(index: number, length: number): number {
  if (length === 1) {
    return 0;
  }
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}
