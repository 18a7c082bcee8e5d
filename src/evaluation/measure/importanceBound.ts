// The importance-weighted bound on bits/dim: the logarithm of a mean over draws instead of a mean of
// logarithms.
import { mean, standardErrorOfMean } from '../../numeric/statistics.ts';

/** bits/dim by the importance-weighted bound. */
export interface ImportanceBound {
  /** K, the draws per image. */
  readonly draws: number;
  /** The mean over images of the bound: no higher than the plain mean of the same draws, and falling with K. */
  readonly bitsPerDim: number;
  /** The standard error of that mean over other images, s/√n; null for one image. */
  readonly samplingError: number | null;
}

/**
 * The bound −ln((1/K) Σₖ p(x + uₖ))/(D·ln 2) of each image, its mean, and the error of that.
 *
 * The probability of an integer image is the mean over all u of the density at x + u. The mean of its logarithm, which
 * is the usual bits/dim, lies below the logarithm of the mean (Jensen), and the mean over K draws between the
 * two. Source: Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders (2016).
 *
 * @param values bits/dim of every image, one array for each draw
 * @param dimensions D, the values of an image
 */
export function importanceBound(values: readonly Float64Array[], dimensions: number): ImportanceBound {
  const natsPerBit = dimensions * Math.LN2;
  const perImage = values[0]!.map((_, image) => {
    const draws = values.map((draw) => draw[image]!);
    // Densities of whole images would overflow: the likeliest draw is factored out of the sum.
    const least = draws.reduce((least, value) => Math.min(least, value));
    if (!Number.isFinite(least)) {
      return least;
    }
    const sum = draws.reduce((sum, value) => sum + Math.exp(natsPerBit * (least - value)), 0);
    return least - Math.log(sum / draws.length) / natsPerBit;
  });
  return {
    draws: values.length,
    bitsPerDim: mean(perImage),
    samplingError: standardErrorOfMean(perImage),
  };
}
