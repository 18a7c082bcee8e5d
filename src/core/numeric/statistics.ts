// Means, standard errors, medians and ranges of numbers on the host, and how far one array is from another.

/** The mean of values. */
export function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample variance, Σ (x − mean)²/(n − 1). */
export function variance(values: ArrayLike<number>): number {
  const centre = mean(values);
  return Array.from(values).reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/** The standard error s/√n of the mean of n values; null for a single value. */
export function standardErrorOfMean(values: ArrayLike<number>): number | null {
  return values.length > 1 ? Math.sqrt(variance(values) / values.length) : null;
}

/**
 * The quantile of sorted values at a fraction from 0 to 1, interpolated linearly between the two nearest
 * values.
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
  return below === above ? below : below + (position - Math.floor(position)) * (above - below);
}

/** The median of values in any order; the mean of the two middle ones for an even number; NaN for none. */
export function median(values: ArrayLike<number>): number {
  return values.length === 0 ? Number.NaN : quantile(Float64Array.from(values).sort(), 0.5);
}

/** The smallest and the largest of some values; NaN if one is NaN. */
export function valueRange(values: ArrayLike<number>): readonly [least: number, most: number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < values.length; index++) {
    least = Math.min(least, values[index]!);
    greatest = Math.max(greatest, values[index]!);
  }
  return [least, greatest];
}

/** The mean and the deviation of numbers that come one by one, by Welford's recurrence: exact for numbers far from zero. */
export class Moments {
  private count = 0;
  private squares = 0;
  /** The mean so far. */
  mean = 0;

  /** Takes the next number. */
  add(value: number): void {
    this.count++;
    const offset = value - this.mean;
    this.mean += offset / this.count;
    this.squares += offset * (value - this.mean);
  }

  /** The standard deviation so far, √(Σ (x − mean)²/n). */
  get deviation(): number {
    return Math.sqrt(this.squares / this.count);
  }
}

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
