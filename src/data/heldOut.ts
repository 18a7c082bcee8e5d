// Which training images are held out for model selection, so that test images are never used for it.
import { UserError } from '../core/errors.ts';
import { RandomStream } from '../core/numeric/index.ts';
import {
  type Dataset,
  type DatasetSource,
  ENOUGH_IMAGES,
  type HoldOut,
  type ImageSet,
  leastValidation,
  MOST_SHARE,
  subset,
  type ValidationShare,
} from './contract/dataset.ts';
import { hashName } from './sources/splitOfName.ts';

// A constant, not the run's seed: runs with different seeds must be measured on the same images.
const validationSeed = 0;

/** Images with names: a small dataset holds out this many if they are at most a tenth of it. */
const LEAST = 20;

interface HeldOut {
  readonly train: ImageSet;
  readonly validation: ImageSet;
  /** The rule, to repeat the split when images have been added or removed. */
  readonly holdOut: HoldOut;
}

/**
 * Splits training images into a training part and a validation part.
 *
 * Images with names are held out by a hash of the name: the round(`share`·count) with the smallest hashes,
 * and at least 20 images or a tenth, whichever is less. Images without names are held out by position:
 * round(`share`·count), and at least one, the first of a fixed permutation that depends only on the count.
 * Either way a larger share holds out the same images and more, and both parts keep the order of the images.
 * `auto` holds out all images that any share up to 2 % does. Share 0 means no validation images.
 *
 * @param rule repeats an earlier split, from then on independently of the number of images; images without
 *   names are held out by position in any case
 * @throws UserError if `share` is not in [0, 1) or would leave nothing to train on
 */
export function holdOutValidation(images: ImageSet, share: ValidationShare, rule?: HoldOut): HeldOut {
  if (share !== 'auto' && !(share >= 0 && share < 1)) {
    throw new UserError(
      'invalid-config',
      `data.validation is the share of training images held out: expected auto, or at least 0 and below 1, found ${share}`,
    );
  }
  const { count, nameAt } = images;
  if (nameAt === undefined || rule?.by === 'position') {
    const held = countHeldOut(count, share);
    requireTraining(held, count, share);
    const order = new RandomStream(validationSeed, 'validation').permutation(count);
    return divided(images, order.subarray(held).toSorted(), order.subarray(0, held).toSorted(), {
      by: 'position',
    });
  }
  // Unlike the hashes that select test images.
  const hashes = Float64Array.from({ length: count }, (_, index) => hashName(`validation/${nameAt(index)}`));
  const below = share === 0 ? 0 : (rule?.below ?? hashLimit(hashes, share));
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  const validation = indices.filter((index) => hashes[index]! < below);
  requireTraining(validation.length, count, share);
  return divided(
    images,
    indices.filter((index) => !(hashes[index]! < below)),
    validation,
    { by: 'name', below },
  );
}

/**
 * A dataset of the images in a source. If it has no validation images, they are held out of the training images as
 * `holdOutValidation` does.
 *
 * @param name what the dataset was opened by
 */
export function createDataset(
  name: string,
  source: DatasetSource,
  { validation, holdOut }: { validation: ValidationShare; holdOut?: HoldOut | undefined },
): Dataset {
  const { train, test, warnings, whyNoLabels, notes } = source;
  return {
    name,
    imageShape: train.imageShape,
    ...(source.validation
      ? { train, validation: source.validation }
      : holdOutValidation(train, validation, holdOut)),
    test,
    ...(warnings && { warnings }),
    ...(whyNoLabels !== undefined && { whyNoLabels }),
    ...(notes && { notes }),
  };
}

function countHeldOut(count: number, share: ValidationShare): number {
  if (share === 0) {
    return 0;
  }
  const least = share === 'auto' ? Math.min(ENOUGH_IMAGES, Math.round(MOST_SHARE * count)) : 1;
  return Math.max(1, least, Math.round((share === 'auto' ? leastValidation : share) * count));
}

/** The limit just above the hash of the last image to hold out. */
function hashLimit(hashes: Float64Array, share: ValidationShare): number {
  const { length } = hashes;
  const held = Math.max(countHeldOut(length, share), Math.min(LEAST, Math.round(length / 10)));
  return hashes.toSorted()[Math.min(held, length) - 1]! + 2 ** -32;
}

function divided(
  images: ImageSet,
  training: Uint32Array,
  validation: Uint32Array,
  holdOut: HoldOut,
): HeldOut {
  return {
    train: validation.length === 0 ? images : { ...subset(images, training), heldOutFrom: images },
    validation: subset(images, validation),
    holdOut,
  };
}

function requireTraining(held: number, count: number, share: ValidationShare): void {
  if (held >= count) {
    throw new UserError(
      'invalid-config',
      `data.validation ${share} holds out ${held} of ${count} training images and leaves none to train on: add images, or use a smaller share or 0`,
    );
  }
}
