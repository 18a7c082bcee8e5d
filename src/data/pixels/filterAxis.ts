// A linear filter along one axis of an array: images are resized by one along each of height and width.

/** The elements that an output element is computed from: Σ weightᵢ·elementᵢ / divisor. */
export interface Taps {
  readonly indices: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  readonly divisor: number;
}

/**
 * Filters an array `[outer, length, inner]` to another length of its middle axis.
 *
 * @param taps the taps of each output element, 0..`wanted`-1
 */
export function filterAxis(
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
