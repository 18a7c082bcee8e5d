// Which training images are held out for model selection, so that test images are never used for it.
import { UserError } from '../errors.ts';
import { RandomStream } from '../numeric/random.ts';
import { type ImageSet, subset } from './dataset.ts';

// A constant, not the run's seed: runs with different seeds must be measured on the same images.
const validationSeed = 0;

/**
 * Splits training images into those for training and those for validation.
 *
 * Holds out round(`fraction`·count) images, and at least one unless `fraction` is 0: the first of a fixed
 * permutation that depends only on the count, so a larger fraction holds out the same images and more. Both
 * parts keep the order of the images. With fraction 0 there are no validation images.
 *
 * Throws UserError if `fraction` is not in [0, 1) or would leave nothing to train on.
 */
export function holdOutValidation(
  images: ImageSet,
  fraction: number,
): { train: ImageSet; validation: ImageSet } {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new UserError(
      'invalid-config',
      `data.validation is the share of training images held out: expected at least 0 and below 1, found ${fraction}`,
    );
  }
  if (fraction === 0) {
    return { train: images, validation: subset(images, []) };
  }
  const { count } = images;
  const held = Math.max(1, Math.round(fraction * count));
  if (held >= count) {
    throw new UserError(
      'invalid-config',
      `data.validation ${fraction} of ${count} training images leaves none to train on: use a smaller share or 0`,
    );
  }
  const order = new RandomStream(validationSeed, 'validation').permutation(count);
  return {
    train: subset(images, order.subarray(held).toSorted()),
    validation: subset(images, order.subarray(0, held).toSorted()),
  };
}
