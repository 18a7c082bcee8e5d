// The classes of a model: which one is meant, and what its likelihoods say of the class of an image.
import { option, phrase, UserError, unknownName } from '../../errors.ts';

/** A class: its name, or its number from 0. A text with a number is that number if no class has this name. */
export type ClassName = string | number;

/** The class of all images, or of each of them. */
export type ClassChoice = ClassName | readonly ClassName[];

/** What a model says of the class of an image, by Bayes' rule with equally likely classes. */
export interface Classification {
  /** The most probable class: its name. */
  readonly class: string;
  /** Its number. */
  readonly number: number;
  /** p(class | image) of every class, in the order of their numbers; they add up to 1. */
  readonly probabilities: Float64Array;
}

/**
 * The number of a class.
 *
 * @param classes the names of a model's classes
 * @throws UserError if there is no such class, or the model has none
 */
export function classNumber(classes: readonly string[], name: ClassName): number {
  if (classes.length === 0) {
    throw new UserError(
      'invalid-argument',
      phrase`the model has no classes: leave out ${option('class', name)}, or train one with model.classes`,
    );
  }
  const byName = typeof name === 'string' ? classes.indexOf(name) : -1;
  const number = byName === -1 && /^\d{1,9}$/.test(String(name)) ? Number(name) : byName;
  if (number < 0 || number >= classes.length) {
    throw unknownName('class', String(name), classes);
  }
  return number;
}

/**
 * The numbers of the classes of so many images.
 *
 * @throws UserError as `classNumber` does, or if there are not as many classes as images
 */
export function classNumbersOf(classes: readonly string[], choice: ClassChoice, count: number): Uint16Array {
  if (!isList(choice)) {
    return new Uint16Array(count).fill(classNumber(classes, choice));
  }
  if (choice.length !== count) {
    throw new UserError('mismatch', `${choice.length} classes are given for ${count} images`);
  }
  return Uint16Array.from(choice, (name) => classNumber(classes, name));
}

function isList(choice: ClassChoice): choice is readonly ClassName[] {
  return typeof choice !== 'string' && typeof choice !== 'number';
}

/** ln p(x | class) of each image under each class, `[images, classes]`, row-major, in nats. */
export interface ClassLikelihoods {
  /** How many classes. */
  readonly classes: number;
  /** One array for each draw of the dequantisation noise. */
  readonly draws: readonly Float64Array[];
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
  let most = 0;
  for (let number = 1; number < probabilities.length; number++) {
    most = probabilities[number]! > probabilities[most]! ? number : most;
  }
  return most;
}

function logSumExp(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) {
    return largest;
  }
  return largest + Math.log(values.reduce((total, value) => total + Math.exp(value - largest), 0));
}
