// bits/dim of a split: the mean over images and dequantisation draws, its standard error, and the spread.
import type { ImageSet } from '../data/dataset.ts';
import type { FlowModel, LikelihoodOptions } from './flowModel.ts';

/** bits/dim of a split. */
export interface Evaluation {
  /** The mean over all images and draws. */
  readonly bitsPerDim: number;
  /**
   * The standard error of that mean over repetitions with other noise, √(Σ sᵢ²/K)/n with sᵢ² the variance of image
   * i over the K draws; null for one draw.
   */
  readonly standardError: number | null;
  /** Dequantisation draws per image. */
  readonly draws: number;
  /** How many images. */
  readonly images: number;
  /** The median over images. */
  readonly median: number;
  /** The image with the highest bits/dim, which a mean may hide. */
  readonly worst: {
    /** Its place in the split, from 0. */
    readonly index: number;
    /** Its mean over draws. */
    readonly bitsPerDim: number;
  };
  /** The mean over draws of each image. */
  readonly perImage: Float64Array;
}

/** Measures bits/dim of a set of images; 2 draws or more give a standard error. */
export async function evaluate(
  model: FlowModel,
  images: ImageSet,
  options: LikelihoodOptions = {},
): Promise<Evaluation> {
  if (images.count === 0) {
    throw new RangeError('there are no images to evaluate');
  }
  return summarise(await model.bitsPerDimByDraw(images, options));
}

/** The evaluation that draws of the noise make together, each given as bits/dim of every image. */
export function summarise(values: readonly Float64Array[]): Evaluation {
  const draws = values.length;
  const perImage = values[0]!.map((_, image) => total(values.map((draw) => draw[image]!)) / draws);
  const images = perImage.length;
  const variances = perImage.map(
    (mean, image) => total(values.map((draw) => (draw[image]! - mean) ** 2)) / (draws - 1),
  );
  const worst = perImage.reduce((most, value, image) => (isWorse(value, perImage[most]!) ? image : most), 0);
  return {
    bitsPerDim: total(perImage) / images,
    standardError: draws > 1 ? Math.sqrt(total(variances) / draws) / images : null,
    draws,
    images,
    median: median(perImage),
    worst: { index: worst, bitsPerDim: perImage[worst]! },
    perImage,
  };
}

/** Whether an image is less likely than another; one whose value is no number is the worst. */
function isWorse(value: number, other: number): boolean {
  return !Number.isNaN(other) && !(value <= other);
}

function total(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0);
}

function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
