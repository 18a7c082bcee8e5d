// Which of the training images are held out to choose models by, so that the test images never are.
import { UserError } from '../errors.ts';
import { RandomStream } from '../numeric/random.ts';
import { type ImageSet, subset } from './dataset.ts';

// A constant, not the run's seed: runs with other seeds must be measured on the same images.
const validationSeed = 0;

/**
 * Divides training images into those to train on and those to validate on.
 *
 * Held out are round(`fraction`·count) images, but at least one where `fraction` is not 0: the first of a fixed
 * permutation that depends on the count alone, so a larger fraction holds out the same images and more.
 * Both parts keep the images in their order. Fraction 0 gives an empty validation set.
 *
 * Throws UserError when `fraction` is not in [0, 1) or would leave nothing to train on.
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
      `data.validation ${fraction} of ${count} training images leaves none to train on: give a smaller share or 0`,
    );
  }
  const order = new RandomStream(validationSeed, 'validation').permutation(count);
  return {
    train: subset(images, order.subarray(held).toSorted()),
    validation: subset(images, order.subarray(0, held).toSorted()),
  };
}
