// bits/dim of a split: the mean over images and dequantisation draws, its standard error, and the spread.
import type { ImageSet } from '../data/dataset.ts';
import { type CompileOptions, compile } from '../engine/program.ts';
import { likelihoodDefinition, measureBitsPerDim } from '../training/likelihood.ts';
import type { TrainedModel } from './loadRun.ts';

/** How a split is measured. */
export interface EvaluationOptions extends CompileOptions {
  /** Dequantisation draws per image; at least 2 give a standard error. */
  readonly draws: number;
  readonly seed: number;
  /** Images per run of the program; the result does not depend on it. */
  readonly batchSize?: number;
  /** Called with the number of images done, over all draws. */
  onProgress?(images: number): void;
}

/** bits/dim of a split. */
export interface Evaluation {
  /** The mean over all images and draws. */
  readonly bitsPerDim: number;
  /**
   * The standard error of that mean over repetitions with other noise, √(Σ sᵢ²/K)/n with sᵢ² the variance of image
   * i over the K draws; null for one draw.
   */
  readonly standardError: number | null;
  readonly draws: number;
  readonly images: number;
  readonly median: number;
  /** The image with the highest bits/dim, which a mean may hide, and its index in the split. */
  readonly worst: { readonly index: number; readonly bitsPerDim: number };
  /** The mean over draws of each image. */
  readonly perImage: Float64Array;
}

/** Measures bits/dim of a set of images under a trained model. */
export async function evaluate(
  { model, parameters }: TrainedModel,
  images: ImageSet,
  { draws, seed, batchSize = 64, onProgress, ...options }: EvaluationOptions,
): Promise<Evaluation> {
  if (images.count === 0) {
    throw new RangeError('there are no images to evaluate');
  }
  const size = Math.min(batchSize, images.count);
  const definition = likelihoodDefinition(model, size, { inputs: {}, tensors: parameters });
  const program = await compile(definition, options);
  const sum = new Float64Array(images.count);
  const sumOfSquares = new Float64Array(images.count);
  for (let draw = 0; draw < draws; draw++) {
    const values = await measureBitsPerDim(program, images, {
      batchSize: size,
      bits: model.options.bits,
      seed,
      draw,
      onProgress: (done) => onProgress?.(draw * images.count + done),
    });
    values.forEach((value, index) => {
      sum[index]! += value;
      sumOfSquares[index]! += value * value;
    });
  }
  await program.release();
  const perImage = sum.map((total) => total / draws);
  const variance = sumOfSquares.map((total, index) =>
    Math.max(0, (total - draws * perImage[index]! ** 2) / (draws - 1)),
  );
  const worst = perImage.reduce((most, value, index) => (value <= perImage[most]! ? most : index), 0);
  return {
    bitsPerDim: total(perImage) / images.count,
    standardError: draws > 1 ? Math.sqrt(total(variance) / draws) / images.count : null,
    draws,
    images: images.count,
    median: median(perImage),
    worst: { index: worst, bitsPerDim: perImage[worst]! },
    perImage,
  };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
