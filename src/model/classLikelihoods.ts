// ln p(x | class) of images under every class of a model, and what it says about the class of an image.
import type { ImageSet } from '../data/contract/index.ts';
import { CLASSES, parametersFrom } from '../flows/contract/index.ts';
import { input, OPEN_BATCH } from '../tensor/index.ts';
import { classNumber } from './classes.ts';
import type { BitsMapOptions, MeasurementOptions } from './flowModelOptions.ts';
import { requireMatchingImages } from './givenImages.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import { asConditionInputs, conditionInputs, measureInBatches } from './likelihood/likelihood.ts';
import type { TrainedModel } from './trainedModel.ts';

/** The class probabilities of an image, by Bayes' rule with equally likely classes. */
export interface Classification {
  /** The most probable class: its name. */
  readonly class: string;
  /** Its number. */
  readonly number: number;
  /** p(class | image) of every class, in the order of their numbers; they add up to 1. */
  readonly probabilities: Float64Array;
}

/** ln p(x | class) of each image under each class, `[images, classes]`, row-major, in nats. */
export interface ClassLikelihoods {
  /** How many classes. */
  readonly classes: number;
  /** One array for each draw of the dequantisation noise. */
  readonly draws: readonly Float64Array[];
}

/** ln p(x | class) of each image of a set under each class: see `FlowModel.classLikelihoods`. */
export async function measureClassLikelihoods(
  programs: ImagePrograms,
  images: ImageSet,
  options: MeasurementOptions & Pick<BitsMapOptions, 'precision'>,
): Promise<ClassLikelihoods> {
  const { model } = programs;
  classNumber(model.classes, 0);
  requireMatchingImages(model, images);
  const classes = model.classes.length;
  const draws: Float64Array[] = [];
  await programs.forEachDraw(compileClassLikelihoods, images, options, async (program, how) => {
    const values = new Float64Array(images.count * classes);
    await measureInBatches(program, images, how, ({ logLikelihoods }, first, count) => {
      values.set(logLikelihoods!.data.subarray(0, count * classes), first * classes);
    });
    // Zeros for the images of other ranks: their sum is exact.
    await options.ranks?.sum(values);
    draws.push(values);
  });
  return { classes, draws };
}

/** The class of each image of a set, by Bayes' rule: see `FlowModel.classify`. */
export async function classifyImages(
  programs: ImagePrograms,
  images: ImageSet,
  options: MeasurementOptions,
): Promise<Classification[]> {
  const { classes } = programs.model;
  const imagePosteriors = posteriors(await measureClassLikelihoods(programs, images, options));
  return imagePosteriors.map((probabilities) => {
    const number = mostProbable(probabilities);
    return { class: classes[number]!, number, probabilities };
  });
}

/** ln p(x | class) of each image under its class, for each draw. */
export function givenClass({ classes, draws }: ClassLikelihoods, numbers: ArrayLike<number>): Float64Array[] {
  return draws.map((values) =>
    Float64Array.from(numbers, (number, image) => values[image * classes + number]!),
  );
}

/** ln p(x) = ln Σ p(x | class)/K of each image, for each draw: K equally likely classes. */
export function overClasses({ classes, draws }: ClassLikelihoods): Float64Array[] {
  return draws.map((values) =>
    Float64Array.from(
      { length: values.length / classes },
      (_, image) => logSumExp(values.subarray(image * classes, (image + 1) * classes)) - Math.log(classes),
    ),
  );
}

/**
 * p(class | x) of each image, by Bayes' rule with equally likely classes: the likelihoods of an image under a class are
 * the mean over draws of the noise, which all classes share.
 */
export function posteriors({ classes, draws }: ClassLikelihoods): Float64Array[] {
  const images = draws[0]!.length / classes;
  return Array.from({ length: images }, (_, image) => {
    const logs = Float64Array.from({ length: classes }, (_, number) =>
      logSumExp(Float64Array.from(draws, (values) => values[image * classes + number]!)),
    );
    const total = logSumExp(logs);
    return logs.map((log) => Math.exp(log - total));
  });
}

/** The number of the most probable class. */
export function mostProbable(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let number = 1; number < probabilities.length; number++) {
    best = probabilities[number]! > probabilities[best]! ? number : best;
  }
  return best;
}

function logSumExp(values: Float64Array): number {
  const largest = values.reduce((maximum, value) => Math.max(maximum, value), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) {
    return largest;
  }
  return largest + Math.log(values.reduce((total, value) => total + Math.exp(value - largest), 0));
}

/** The program that computes `logLikelihoods`, ln p(x | class) under every class, `[N, K]`, from `image` and `noise`. */
function compileClassLikelihoods(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const shape = [OPEN_BATCH, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const { [CLASSES]: _, ...condition } = conditionInputs(model, OPEN_BATCH);
  const logLikelihoods = model.logLikelihoodByClass(image, noise, parametersFrom(parameters), condition);
  const inputs = { image, noise, ...asConditionInputs(condition) };
  return compileForImages({ inputs, outputs: { logLikelihoods } }, options);
}
