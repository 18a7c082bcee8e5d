// The classes of a model: which ones a user means, by name or number, and as programs take them.
import { option, phrase, UserError, unknownName } from '../core/errors.ts';
import { type ConditionArrays, oneHotClasses } from './likelihood/likelihood.ts';

/** A class: its name, or its number from 0. A text with a number is that number if no class has this name. */
export type ClassName = string | number;

/** The class of all images, or of each of them. */
export type ClassChoice = ClassName | readonly ClassName[];

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
 * The class numbers of a number of images.
 *
 * @throws UserError as `classNumber` does, or if there are not as many classes as images
 */
export function classNumbers(classes: readonly string[], choice: ClassChoice, count: number): Uint16Array {
  if (!isList(choice)) {
    return new Uint16Array(count).fill(classNumber(classes, choice));
  }
  if (choice.length !== count) {
    throw new UserError('mismatch', `${choice.length} classes were given for ${count} images`);
  }
  return Uint16Array.from(choice, (name) => classNumber(classes, name));
}

function isList(choice: ClassChoice): choice is readonly ClassName[] {
  return typeof choice !== 'string' && typeof choice !== 'number';
}

/**
 * The classes of images `first` to `end − 1` of so many, as programs take them; nothing for a model without classes.
 *
 * @param otherwise the classes if none are chosen; by default the first one for all images
 * @throws UserError as `classNumbers` does
 */
export function createClassRows(
  classes: readonly string[],
  choice: ClassChoice | undefined,
  count: number,
  otherwise: ClassChoice = 0,
): (first: number, end: number) => ConditionArrays {
  if (classes.length === 0 && choice === undefined) {
    return () => ({});
  }
  const numbers = classNumbers(classes, choice ?? otherwise, count);
  return (first, end) => oneHotClasses(numbers.subarray(first, end), classes.length);
}
