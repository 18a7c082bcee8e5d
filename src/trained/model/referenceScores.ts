// The statistics of validation images, and the rank of an image's bits/dim among them.

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
  /** What other scores than bits/dim compare images with; missing if a file has only bits/dim. */
  readonly statistics?: ReferenceStatistics;
}

/** Numbers about images by name, one for each image, in order: `bits`, `code`, `latents 0`, `brightness`, … */
export type ImageStatistics = Readonly<Record<string, ArrayLike<number>>>;

/** Statistics of reference images. */
export interface ReferenceStatistics {
  /** One number for each image, in order. */
  readonly images: Readonly<Record<string, readonly number[]>>;
  /** The bits of each place; missing for a single image. */
  readonly places?: ReferencePlaces;
}

/** The bits of each place of reference images: of a square of pixels around it, the mean over these. */
export interface ReferencePlaces {
  /** How many images. */
  readonly images: number;
  /** The side of the square, an odd number of pixels; at borders the part of it inside the image counts. */
  readonly side: number;
  /** The mean over images, `[H, W]`, row-major. */
  readonly mean: readonly number[];
  /** The standard deviation over images, `[H, W]`. */
  readonly deviation: readonly number[];
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
export function countBelow(sorted: ArrayLike<number>, value: number): number {
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

/** The most draws in a file of scores: scoring other images repeats them. */
const MOST_DRAWS = 4096;

function isWhole(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** What is wrong with scores from a file; undefined if nothing is. */
export function problemInScores(value: unknown): string | undefined {
  if (!isObject(value)) {
    return 'it is not an object';
  }
  const { data, draws, seed, fingerprint, bitsPerDim, statistics } = value;
  if (typeof data !== 'string' || typeof fingerprint !== 'string') {
    return 'it does not name its data and its model';
  }
  if (!isWhole(draws, 1, MOST_DRAWS) || !isWhole(seed, 0)) {
    return `its draws or its seed are not whole numbers (draws: at most ${MOST_DRAWS})`;
  }
  const isAscending =
    areNumbers(bitsPerDim) && bitsPerDim.every((one, index) => index === 0 || one >= bitsPerDim[index - 1]!);
  if (!isAscending) {
    return 'its bitsPerDim are not ascending numbers';
  }
  return statistics === undefined || areStatistics(statistics, bitsPerDim.length)
    ? undefined
    : `its statistics are not numbers about ${bitsPerDim.length} images`;
}

function areStatistics(value: unknown, count: number): boolean {
  if (!isObject(value) || !isObject(value.images)) {
    return false;
  }
  const columns = Object.values(value.images);
  const { places } = value;
  return (
    'bits' in value.images &&
    columns.every((column) => areNumbers(column) && column.length === count) &&
    (places === undefined ||
      (isObject(places) &&
        isWhole(places.images, 1) &&
        isWhole(places.side, 1) &&
        (places.side as number) % 2 === 1 &&
        areNumbers(places.mean) &&
        areNumbers(places.deviation) &&
        places.mean.length === places.deviation.length))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
