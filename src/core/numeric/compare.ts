// Compares arrays: how far one is from another.

/**
 * The largest |difference| divided by the largest expected |value|, or by 1 if that is smaller. NaN if the
 * lengths differ or a difference is NaN.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    return Number.NaN;
  }
  let size = 1;
  let error = 0;
  for (let index = 0; index < expected.length; index++) {
    size = Math.max(size, Math.abs(expected[index]!));
    error = Math.max(error, Math.abs(actual[index]! - expected[index]!));
  }
  return error / size;
}

/** The largest |aᵢ − bᵢ| over the elements of b; NaN if one is NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < b.length; index++) {
    largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  }
  return largest;
}

/** How many values are NaN or infinite. */
export function countNonFinite(values: ArrayLike<number>): number {
  if (values instanceof Uint8Array || values instanceof Uint16Array) {
    return 0;
  }
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    count += Number.isFinite(values[index]!) ? 0 : 1;
  }
  return count;
}

/** Σ aᵢ·bᵢ. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) {
    total += a[index]! * b[index]!;
  }
  return total;
}
