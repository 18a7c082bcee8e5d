// Downscaling as in scikit-image's `resize` with anti-aliasing, which the paper used for its galaxies.
import { filterAxis, type Taps } from './filterAxis.ts';

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
    const place = ((target + 0.5) * length) / wanted - 0.5;
    const first = Math.floor(place);
    return {
      indices: [mirrored(first, length), mirrored(first + 1, length)],
      weights: [first + 1 - place, place - first],
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
