// The bits/dim of validation images, sorted, and where an image ranks among them.

import { mean, variance } from '../../numeric/statistics.ts';
import { stringifyJson } from '../../storage/jsonText.ts';

/** The bits/dim of reference images under a model, and the settings they were measured with. */
export interface ReferenceScores {
  /** The dataset, without its folder. */
  readonly data: string;
  /** Draws of the dequantisation noise per image. */
  readonly draws: number;
  /** The seed of the noise, which depends on the content of an image. */
  readonly seed: number;
  /** The `fingerprint` of the model. */
  readonly fingerprint: string;
  /** The mean over draws of each image, ascending. */
  readonly bitsPerDim: readonly number[];
}

/** Where an image ranks among reference images. */
export interface ImageScore {
  /** The mean over draws of the dequantisation noise. */
  readonly bitsPerDim: number;
  /** The standard error of that mean over repetitions with other noise; null for one draw. */
  readonly standardError: number | null;
  /** The share, in percent, of reference images with a lower bits/dim: 0 is simpler than all, 100 more complex. */
  readonly percentile: number;
}

/** The scores of images from their bits/dim, draw by draw; `sorted` holds the reference images, ascending. */
export function imageScores(draws: readonly Float64Array[], sorted: ArrayLike<number>): ImageScore[] {
  return Array.from(draws[0]!, (_, image) => {
    const values = draws.map((draw) => draw[image]!);
    const bitsPerDim = mean(values);
    return {
      bitsPerDim,
      standardError: draws.length > 1 ? Math.sqrt(variance(values) / draws.length) : null,
      percentile: (100 * countBelow(sorted, bitsPerDim)) / sorted.length,
    };
  });
}

/** How many of the sorted values are lower; all of them for NaN, which no image of the same kind yields. */
function countBelow(sorted: ArrayLike<number>, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! >= value) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** The scores as JSON text. */
export function scoresText(scores: ReferenceScores): string {
  return `${stringifyJson(scores)}\n`;
}

/** What is wrong with scores from a file; undefined if nothing is. */
export function problemInScores(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return 'it is not an object';
  }
  const { data, draws, seed, fingerprint, bitsPerDim } = value as Record<string, unknown>;
  if (typeof data !== 'string' || typeof fingerprint !== 'string') {
    return 'it does not name its data and its model';
  }
  if (!Number.isSafeInteger(draws) || (draws as number) < 1 || !Number.isSafeInteger(seed)) {
    return 'its draws or its seed are not whole numbers';
  }
  const isAscending =
    Array.isArray(bitsPerDim) &&
    bitsPerDim.length > 0 &&
    bitsPerDim.every(
      (one, index) => Number.isFinite(one) && (index === 0 || one >= (bitsPerDim[index - 1] as number)),
    );
  return isAscending ? undefined : 'its bitsPerDim are not ascending numbers';
}
