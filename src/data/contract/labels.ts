// Labels: the class of each image, as a number, and the names of the classes.
import { UserError } from '../../errors.ts';
import { checkIndex, type ImageSet } from './dataset.ts';

/** The most classes that a dataset or a model may have. */
export const MOST_CLASSES = 1024;

/** The longest name of a class, in characters. */
export const LONGEST_CLASS_NAME = 255;

/**
 * Images with labels.
 *
 * @param numbers the class of each image
 * @param source where the labels come from, for errors
 * @throws UserError unless every image has one, and every one is a class
 */
export function labelled(
  images: ImageSet,
  classes: readonly string[],
  numbers: ArrayLike<number>,
  source: string,
): ImageSet {
  const { count } = images;
  if (numbers.length !== count) {
    throw new UserError(
      'invalid-data',
      `${source}: ${numbers.length} labels for ${count} images; use another copy`,
    );
  }
  const own = Uint16Array.from(numbers);
  const wrong = own.findIndex((number) => number >= classes.length);
  if (wrong !== -1) {
    throw new UserError(
      'invalid-data',
      `${source}: image ${wrong} has label ${own[wrong]}, expected 0 to ${classes.length - 1}; use another copy`,
    );
  }
  return { ...images, labels: { classes, classOf: (index) => own[checkIndex(index, count)]! } };
}

/** Whether images are labelled with exactly these classes. */
export function hasClasses({ labels }: Pick<ImageSet, 'labels'>, classes: readonly string[]): boolean {
  return JSON.stringify(labels?.classes) === JSON.stringify(classes);
}

/** The number of images in each class. */
export function countClasses({ count, labels }: ImageSet): number[] {
  const counts = new Array<number>(labels?.classes.length ?? 0).fill(0);
  for (let index = 0; labels && index < count; index++) {
    counts[labels.classOf(index)]!++;
  }
  return counts;
}
