// The uncertainty of means and differences: over seeds, over images, and after a correction for several tests.
import { mean, standardErrorOfMean, variance } from './statistics.ts';

/** A mean over seeds, and its uncertainty over seeds and over images. */
export interface SeedMean {
  /** The mean over seeds of the mean over images. */
  readonly mean: number;
  /** The number of seeds. */
  readonly seeds: number;
  /** The standard deviation over seeds of the means over images, s with n − 1; null for one seed. */
  readonly seedDeviation: number | null;
  /**
   * Half the 95 % interval of Student for the mean over seeds, t(0.975, S − 1)·s/√S: how far it would move with other
   * seeds on the same images. Null for one seed.
   */
  readonly seedInterval: number | null;
  /**
   * The standard error over images, s/√n with s the deviation over images of each image's mean over seeds: how far the
   * mean would move with other images under the same trained models. Null for one image.
   */
  readonly imageError: number | null;
}

/**
 * The mean over seeds and images of values `bySeed[seed][image]`. All seeds see the same images, so the error over
 * images does not fall with the number of seeds, and the deviation over seeds does not include it.
 */
export function overSeeds(bySeed: readonly ArrayLike<number>[]): SeedMean {
  const means = bySeed.map((values) => mean(values));
  const seeds = means.length;
  const perImage = Array.from({ length: bySeed[0]!.length }, (_, image) =>
    mean(bySeed.map((values) => values[image]!)),
  );
  const seedDeviation = seeds > 1 ? Math.sqrt(variance(means)) : null;
  return {
    mean: mean(means),
    seeds,
    seedDeviation,
    seedInterval:
      seedDeviation === null ? null : (studentQuantile(0.975, seeds - 1) * seedDeviation) / Math.sqrt(seeds),
    imageError: standardErrorOfMean(perImage),
  };
}

/** `values − baseline`, image by image within each seed, to be averaged by `overSeeds`. */
export function pairedDifferences(
  values: readonly ArrayLike<number>[],
  baseline: readonly ArrayLike<number>[],
): Float64Array[] {
  if (values.length !== baseline.length) {
    throw new RangeError(`${values.length} seeds cannot be paired with ${baseline.length}`);
  }
  return values.map((ofSeed, seed) => {
    const base = baseline[seed]!;
    if (ofSeed.length !== base.length) {
      throw new RangeError(`${ofSeed.length} images cannot be paired with ${base.length}`);
    }
    return Float64Array.from(ofSeed, (value, image) => value - base[image]!);
  });
}

/**
 * p values after Holm's correction for all that are tested: sorted, the k-th smallest of n is multiplied by n − k + 1, and
 * none is below the one before it. Nulls, where nothing was tested, stay null and do not count.
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const tests = pValues.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => a.p - b.p);
  const corrected: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  for (const [rank, { p, index }] of tests.entries()) {
    largest = Math.max(largest, Math.min(1, p * (tests.length - rank)));
    corrected[index] = largest;
  }
  return corrected;
}

/** The two-sided p value of Student's t test that a mean over seeds is 0; null for one seed. */
export function studentTest({
  mean,
  seeds,
  seedDeviation,
}: Pick<SeedMean, 'mean' | 'seeds' | 'seedDeviation'>): number | null {
  if (seedDeviation === null) {
    return null;
  }
  const t = (Math.abs(mean) * Math.sqrt(seeds)) / seedDeviation;
  return Number.isNaN(t) ? 1 : 2 * (1 - studentBelow(t, seeds - 1));
}

/** The quantile of Student's distribution for a probability of at least 0.5. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  let [low, high] = [0, 1];
  while (studentBelow(high, degreesOfFreedom) < probability) {
    high *= 2;
  }
  for (let halving = 0; halving < 100; halving++) {
    const middle = (low + high) / 2;
    [low, high] = studentBelow(middle, degreesOfFreedom) < probability ? [middle, high] : [low, middle];
  }
  return high;
}

/**
 * P(T ≤ t) for t ≥ 0 and a whole number of degrees of freedom ν, by the finite sums in θ = atan(t/√ν)
 * (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 */
function studentBelow(t: number, degreesOfFreedom: number): number {
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degreesOfFreedom % 2;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let power = odd; power <= degreesOfFreedom - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cosine ** 2;
  }
  const within = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return 0.5 + within / 2;
}
