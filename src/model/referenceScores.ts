// Statistics of reference images, their file, and the rank of an image's bits/dim among them.
import { UserError } from '../core/errors.ts';
import { mean, variance } from '../core/numeric/index.ts';
import { parseJsonObject, stringifyJson } from '../data/files/index.ts';

/** The file with the statistics of a model's validation images, in a run or an export. */
export const SCORES_FILE = 'scores.json';

/** The most bytes of the file: the statistics of large images. */
export const LARGEST_SCORES = 2 ** 25;

/** Statistics of reference images under a model, and the settings they were measured with: the content of `scores.json`. */
export interface ReferenceScores {
  /** The dataset, without its folder. */
  readonly data: string;
  /** Draws of the dequantisation noise per image. */
  readonly draws: number;
  /** The seed of the noise, which depends on the content of an image. */
  readonly seed: number;
  /** The `fingerprint` of the model. */
  readonly fingerprint: string;
  /** By name, one number for each image, in order. */
  readonly statistics: {
    /** The mean of bits/dim over draws. */
    readonly bits: readonly number[];
    readonly [name: string]: readonly number[];
  };
  /**
   * The bits of each place: of a square of pixels around it, the mean over these. Missing for a single image and for images of
   * more than a million pixels.
   */
  readonly places?: {
    /** How many images. */
    readonly images: number;
    /** The side of the square, an odd number of pixels; at borders the part of it inside the image counts. */
    readonly side: number;
    /** The mean over images, `[H, W]`, row-major. */
    readonly mean: readonly number[];
    /** The standard deviation over images, `[H, W]`. */
    readonly deviation: readonly number[];
  };
}

/** Numbers about images by name, one for each image, in order: `bits`, `code`, `latents 0`, `brightness`, … */
export type ImageStatistics = Readonly<Record<string, ArrayLike<number>>>;

/** The bits of each place of reference images. */
export type ReferencePlaces = NonNullable<ReferenceScores['places']>;

/** Where an image ranks among reference images. */
export interface ImageScore {
  /** The mean over draws of the dequantisation noise. */
  readonly bitsPerDim: number;
  /** The standard error of that mean over repetitions with other noise; null for one draw. */
  readonly standardError: number | null;
  /** The share, in percent, of reference images with a lower bits/dim: 0 is simpler than all, 100 more complex. */
  readonly percentile: number;
}

/** The scores of images from their bits/dim, draw by draw. */
export function imageScores(
  draws: readonly Float64Array[],
  { statistics: { bits } }: ReferenceScores,
): ImageScore[] {
  const sorted = Float64Array.from(bits).sort();
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

/** The scores as the text of their file. */
export function scoresText(scores: ReferenceScores): string {
  return `${stringifyJson(scores)}\n`;
}

/**
 * The scores in the text of their file.
 *
 * @param path the file, for errors
 * @throws UserError (`invalid-data`) if it is damaged
 */
export function parseScores(text: string, path: string): ReferenceScores {
  const scores: unknown = parseJsonObject(text, path, '; delete it');
  requireScores(scores, path);
  return scores;
}

/**
 * The statistics of validation images in `scores.json` of an export or a run, for a page that has fetched it. Undefined if
 * they belong to another model.
 *
 * @throws UserError (`invalid-data`) if the file is damaged
 */
export function readReference(
  file: Uint8Array | string,
  { fingerprint }: { readonly fingerprint: string },
): ReferenceScores | undefined {
  const text = typeof file === 'string' ? file : new TextDecoder().decode(file);
  const scores = parseScores(text, SCORES_FILE);
  return scores.fingerprint === fingerprint ? scores : undefined;
}

/** The most draws in a file of scores: scoring other images repeats them. */
export const MOST_DRAWS = 256;

function requireScores(value: unknown, path: string): asserts value is ReferenceScores {
  const problem = findProblem(value as Record<string, unknown>);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${path}: ${problem}; delete it`);
  }
}

/** What is wrong with scores from a file; undefined if nothing is. */
function findProblem({
  data,
  draws,
  seed,
  fingerprint,
  statistics,
  places,
}: Record<string, unknown>): string | undefined {
  if (typeof data !== 'string' || typeof fingerprint !== 'string') {
    return 'it does not name its data and its model';
  }
  if (!isWhole(draws, 1, MOST_DRAWS) || !isWhole(seed, 0)) {
    return `its draws or its seed are not whole numbers (draws: at most ${MOST_DRAWS})`;
  }
  const columns = isObject(statistics) && 'bits' in statistics ? Object.values(statistics) : [];
  const [first] = columns as [ArrayLike<number>?];
  if (!first || !columns.every((column) => areNumbers(column) && column.length === first.length)) {
    return 'its statistics are not lists of finite numbers, one for each image, with bits among them';
  }
  return places === undefined || arePlaces(places)
    ? undefined
    : 'its places are not a mean and a deviation of each place';
}

function arePlaces(value: unknown): boolean {
  return (
    isObject(value) &&
    isWhole(value.images, 1) &&
    isWhole(value.side, 1) &&
    (value.side as number) % 2 === 1 &&
    areNumbers(value.mean) &&
    areNumbers(value.deviation) &&
    value.mean.length === value.deviation.length
  );
}

function isWhole(value: unknown, least: number, greatest = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= greatest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
