// Evaluates a model with classes on labelled images: p(x | class), p(x), and the class by Bayes' rule.

import { mean, standardErrorOfMean } from '../../core/numeric/index.ts';
import type { Labels } from '../../data/contract/index.ts';
import { type ClassLikelihoods, mostProbable, posteriors } from '../classLikelihoods.ts';

/** The share of images whose class is the most probable one, by Bayes' rule with equally likely classes. */
export interface Accuracy {
  /** From 0 to 1. */
  readonly accuracy: number;
  /** Its standard error over other images of the same kind, √(a(1 − a)/n). */
  readonly accuracyError: number;
}

/** The images of one class. */
interface ClassResult extends Accuracy {
  /** The name of the class. */
  readonly class: string;
  /** The number of images of this class. */
  readonly images: number;
  /** The mean over them of bits/dim given the class; null if there are none. */
  readonly bitsPerDim: number | null;
  /** The standard error of that mean over other images of the class; null for fewer than two. */
  readonly samplingError: number | null;
}

/** Class-conditional results on labelled images. */
export interface ClassEvaluation extends Accuracy {
  /** The mean of −log p(x) over images and draws, in bits/dim, with p(x) = Σ p(x | class)/K: without the labels. */
  readonly marginalBitsPerDim: number;
  /** The images of each class, in the order of their numbers. */
  readonly byClass: readonly ClassResult[];
}

/**
 * Evaluates a model with classes on labelled images.
 *
 * @param given bits/dim given the class of each image, the mean over draws
 * @param marginal bits/dim of p(x) of each image, for each draw
 */
export function classEvaluation(
  likelihoods: ClassLikelihoods,
  labels: Labels,
  { given: givenClass, marginal }: { given: Float64Array; marginal: readonly Float64Array[] },
): ClassEvaluation {
  const predicted = posteriors(likelihoods).map(mostProbable);
  const isRight = predicted.map((number, image) => number === labels.classAt(image));
  const byClass = labels.classes.map((name, number): ClassResult => {
    const images = [...givenClass.keys()].filter((image) => labels.classAt(image) === number);
    const values = Float64Array.from(images, (image) => givenClass[image]!);
    return {
      class: name,
      images: images.length,
      bitsPerDim: images.length === 0 ? null : mean(values),
      samplingError: standardErrorOfMean(values),
      ...summarizeAccuracy(images.map((image) => isRight[image]!)),
    };
  });
  return {
    marginalBitsPerDim: mean(marginal.map((draw) => mean(draw))),
    ...summarizeAccuracy(isRight),
    byClass,
  };
}

function summarizeAccuracy(isRight: readonly boolean[]): Accuracy {
  const { length } = isRight;
  const accuracy = length === 0 ? 0 : isRight.filter(Boolean).length / length;
  return { accuracy, accuracyError: length === 0 ? 0 : Math.sqrt((accuracy * (1 - accuracy)) / length) };
}
