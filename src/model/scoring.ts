// The likelihood of images under a trained model, and how odd they are.

import { UserError } from '../core/errors.ts';
import { countDimensions, mean } from '../core/numeric/index.ts';
import type { ImageSet } from '../data/contract/index.ts';
import type { Flow } from '../flows/models/index.ts';
import { peakElements } from '../tensor/engine/index.ts';
import { OPEN_BATCH, type ProgramDefinition } from '../tensor/index.ts';
import { classNumbers } from './classes.ts';
import { givenClass, measureClassLikelihoods, overClasses } from './classLikelihoods.ts';
import { measureDensities } from './densities.ts';
import type { LikelihoodOptions, ScoreOptions } from './flowModelOptions.ts';
import { requireMatchingImages } from './givenImages.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import { likelihoodDefinition, measureBitsPerDim } from './likelihood/likelihood.ts';
import { type ImageScore, imageScores, type ReferenceScores } from './referenceScores.ts';
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

/** Scores images among those that a model was measured on before: see `FlowModel.score`. */
export async function scoreImages(
  programs: ImagePrograms,
  images: ImageSet,
  { reference, ...how }: Omit<ScoreOptions, 'condition'>,
): Promise<ImageScore[]> {
  const measuredReference = requireReference(reference);
  const { draws, seed } = measuredReference;
  if (images.count === 0) {
    return [];
  }
  const options = { draws, seed, ...how, noiseByContent: true };
  // By the program that measured the reference: another one rounds differently.
  const { logLikelihood } = await measureDensities(programs, images, options);
  return imageScores(inBitsPerDim(programs.model, logLikelihood), measuredReference);
}

/** @throws UserError (`not-ready`) if a model has no statistics of validation images */
export function requireReference(reference: ReferenceScores | undefined): ReferenceScores {
  if (reference === undefined) {
    throw new UserError(
      'not-ready',
      'this model has no statistics of validation images: measure them with measureReference and pass the result as ' +
        'reference; on the command line, score and export measure and store them',
    );
  }
  return reference;
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
