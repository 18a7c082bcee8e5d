// The likelihood of images under a trained model.

import { countDimensions, mean } from '../core/numeric/index.ts';
import type { ImageSet } from '../data/contract/index.ts';
import type { Flow } from '../flows/models/index.ts';
import { peakElements } from '../tensor/engine/index.ts';
import { OPEN_BATCH, type ProgramDefinition } from '../tensor/index.ts';
import { classNumbers } from './classes.ts';
import { givenClass, measureClassLikelihoods, overClasses } from './classLikelihoods.ts';
import type { LikelihoodOptions } from './flowModelOptions.ts';
import { requireMatchingImages } from './givenImages.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import { likelihoodDefinition, measureBitsPerDim } from './likelihood/likelihood.ts';
import type { TrainedModel } from './trainedModel.ts';

/** bits/dim of each image for each draw of the noise: of p(x | class) if the classes are given, of p(x) otherwise. */
export async function bitsPerDimByDraw(
  programs: ImagePrograms,
  images: ImageSet,
  { class: choice, ...options }: Omit<LikelihoodOptions, 'condition'>,
): Promise<Float64Array[]> {
  const { model } = programs;
  requireMatchingImages(model, images);
  const numbers = choice === undefined ? undefined : classNumbers(model.classes, choice, images.count);
  if (model.classes.length > 0) {
    const byClass = await measureClassLikelihoods(programs, images, options);
    return inBitsPerDim(model, numbers ? givenClass(byClass, numbers) : overClasses(byClass));
  }
  const measured: Float64Array[] = [];
  await programs.forEachDraw(compileLikelihood, images, options, async (program, how) => {
    measured.push(await measureBitsPerDim(program, images, how));
  });
  return measured;
}

/** The same, the mean over draws: see `FlowModel.bitsPerDim`. */
export async function meanBitsPerDim(
  programs: ImagePrograms,
  images: ImageSet,
  options: Omit<LikelihoodOptions, 'condition'>,
): Promise<Float64Array> {
  return meanOverDraws(await bitsPerDimByDraw(programs, images, options));
}

/** The mean over draws of a number of each image. */
export function meanOverDraws(draws: readonly Float64Array[]): Float64Array {
  return draws[0]!.map((_, image) => mean(draws.map((draw) => draw[image]!)));
}

/** Log-likelihoods in nats as bits/dim. */
export function inBitsPerDim(model: Flow, draws: readonly Float64Array[]): Float64Array[] {
  return draws.map((values) => values.map((value) => value / natsPerUnit(model)));
}

/** The log-likelihood in nats of an image of 1 bit/dim. */
export function natsPerUnit({ imageShape }: Flow): number {
  return -countDimensions(imageShape) * Math.LN2;
}

/** The program that computes `bitsPerDim` of each image from `image` and `noise`. */
function compileLikelihood(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  return compileForImages(buildLikelihood(trained), options);
}

function buildLikelihood({ model, parameters }: TrainedModel): ProgramDefinition {
  return likelihoodDefinition(model, OPEN_BATCH, { inputs: {}, tensors: parameters });
}

/** About how many bytes of results are alive at once for each image while the likelihood is computed in float32. */
export function likelihoodBytes(trained: TrainedModel): number {
  return 4 * peakElements(buildLikelihood(trained));
}
