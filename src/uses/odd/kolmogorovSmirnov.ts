// The test of Kolmogorov and Smirnov: whether two sets of numbers come from the same distribution.

/**
 * The p-value of the largest difference D between the shares of two sets below any number, by the asymptotic distribution
 * with Stephens' correction for small sets, 2 Σ (−1)^(k−1) e^(−2k²λ²) with λ = (√n + 0.12 + 0.11/√n)·D and
 * n = n₁n₂/(n₁ + n₂). Equal numbers make it larger than it should be, never smaller.
 */
export function kolmogorovSmirnov(first: ArrayLike<number>, second: ArrayLike<number>): number {
  // NaN compares with nothing.
  const ordered = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from(values, (value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)).sort();
  const [a, b] = [ordered(first), ordered(second)];
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (a[i]! <= value) {
      i++;
    }
    while (b[j]! <= value) {
      j++;
    }
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return tail((root + 0.12 + 0.11 / root) * largest);
}

/** The p-value of how far numbers are from a uniform distribution on [0, 1], in the same way. */
export function uniformity(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  let largest = 0;
  sorted.forEach((value, index) => {
    largest = Math.max(largest, value - index / sorted.length, (index + 1) / sorted.length - value);
  });
  const root = Math.sqrt(sorted.length);
  return tail((root + 0.12 + 0.11 / root) * largest);
}

function tail(lambda: number): number {
  // Below this, the series converges slowly, and the p-value is 1 to within 1e-7.
  if (lambda < 0.2) {
    return 1;
  }
  let total = 0;
  for (let k = 1; k <= 100; k++) {
    total += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  }
  return Math.min(1, Math.max(0, total));
}
