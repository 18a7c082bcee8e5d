// Whether images fit the model of a configuration, and the model for images that do.
import { UserError } from '../../core/errors.ts';
import {
  dimensionsOf,
  type ImageShape,
  largestImage,
  showImageShape,
  timesHalved,
} from '../../core/numeric/index.ts';
import {
  checkerboardsOf,
  type Flow,
  flowFor,
  flows,
  type ModelOptions,
  masks,
  mixingParts,
  optionsUsedBy,
} from '../../flows/models/index.ts';
import type { Config } from './configSchema.ts';

/** The side of the smallest kernel, which is the default. */
const SMALLEST_KERNEL = 3;

/** The model options that must fit the images. */
export type ShapedModel = Pick<
  Config['model'],
  'flow' | 'levels' | 'mixing' | 'kernelSize' | 'dilation' | 'hiddenChannels' | 'mask'
> &
  Pick<ModelOptions, 'checkerboard'>;

/**
 * The model of a configuration for images of this shape: its layers and the shapes of its parameters, none of
 * which are allocated.
 *
 * @throws UserError as `requireBuildable` does
 */
export function modelFor(options: ModelOptions & ShapedModel, imageShape: ImageShape): Flow {
  requireBuildable(options, imageShape);
  return flowFor(imageShape, options);
}

/**
 * Checks a new model: that it can be built, and that the mixing's kernel has no taps that are never used. A model that is
 * trained already may have some, which harm nothing.
 *
 * @throws UserError that names what does not fit, and a value that would
 */
export function checkModelShape(model: ShapedModel, imageShape: ImageShape): void {
  requireBuildable(model, imageShape);
  if (uses(model, 'kernelSize')) {
    checkKernel(model, imageShape);
  }
}

/**
 * Checks that an image is not too large for any model, that every level can halve it (height and width divisible by
 * 2^levels) and has pixels enough for the mask, that a list of checkerboards has no more levels than the model, and that the
 * mixing's masked networks can order the channels of every level.
 *
 * @throws UserError that names what does not fit, and a value that would
 */
export function requireBuildable(model: ShapedModel, imageShape: ImageShape): void {
  checkSize(imageShape);
  if (uses(model, 'levels')) {
    checkLevels(model.levels, imageShape);
    checkCheckerboards(model);
    checkMask(model, imageShape);
  }
  if (uses(model, 'hiddenChannels')) {
    checkHiddenChannels(model, imageShape);
  }
}

/** Whether a model's parts use an option, so that it must fit the images. */
function uses(model: ShapedModel, option: keyof ShapedModel): boolean {
  const isOfGlow = option === 'levels' && flows.isOfLibrary(model.flow ?? flows.names[0]!);
  return isOfGlow || optionsUsedBy(model).has(option);
}

/**
 * Checks that a dataset's images have the shape a model was trained on: a folder may have changed since.
 *
 * @param remedy what to do if they do not
 * @throws UserError (`invalid-argument`) that names both shapes
 */
export function requireImageShape(
  dataset: { readonly name: string; readonly imageShape: ImageShape },
  trained: ImageShape,
  remedy = 'restore those images, or train a new model on these',
): void {
  const [found, expected] = [dataset.imageShape, trained].map(showImageShape);
  if (found !== expected) {
    throw new UserError(
      'invalid-argument',
      `the images of ${dataset.name} are ${found}, but the model was trained on images of ${expected}: ${remedy}`,
    );
  }
}

function checkSize(imageShape: ImageShape): void {
  const [height, width] = imageShape;
  if (!imageShape.every((length) => Number.isSafeInteger(length) && length > 0)) {
    throw new UserError('invalid-data', `${showImageShape(imageShape)} is not the shape of an image`);
  }
  if (height * width > largestImage.pixels || dimensionsOf(imageShape) > largestImage.values) {
    throw new UserError(
      'unsupported',
      `the images are ${showImageShape(imageShape)}, but models take at most 2048x2048 pixels of four channels: ` +
        'resize or crop the images',
    );
  }
}

function checkLevels(levels: number, [height, width]: ImageShape): void {
  const possible = Math.min(timesHalved(height), timesHalved(width));
  if (levels <= possible) {
    return;
  }
  const remedy =
    possible === 0
      ? 'no number of levels fits an odd side; resize or crop the images'
      : `at most ${possible} ${possible === 1 ? 'level fits' : 'levels fit'}`;
  throw new UserError(
    'invalid-config',
    `${levels} ${levels === 1 ? 'level needs' : 'levels need'} sides divisible by ${2 ** levels}, ` +
      `and the images are ${height} x ${width}: ${remedy}`,
  );
}

function checkCheckerboards(model: ShapedModel): void {
  const { length } = checkerboardsOf(model);
  const { levels } = model;
  if (length > levels) {
    throw new UserError(
      'invalid-config',
      `model.checkerboard lists ${length} levels, and model.levels is ${levels}: list at most ${levels}`,
    );
  }
}

function checkMask({ levels, mask = masks.names[0]! }: ShapedModel, [height, width]: ImageShape): void {
  const { leastPixels = 1 } = masks.find(mask);
  const pixels = (height * width) / 4 ** levels;
  if (pixels < leastPixels) {
    const remedy = levels > 1 ? 'use fewer levels' : 'use larger images, or another mask';
    throw new UserError(
      'invalid-config',
      `model.mask is ${mask}, which needs at least ${leastPixels} pixels, but the last level has ${pixels}: ${remedy}`,
    );
  }
}

/**
 * Rejects a kernel whose outermost taps fall outside the image at every position, even on the largest level:
 * they are legal but never act, or act twice if the kernel is periodic. A kernel larger than the image only
 * on a later level is common in small models, and allowed.
 */
function checkKernel({ mixing, kernelSize, dilation }: ShapedModel, [height, width]: ImageShape): void {
  const side = Math.max(height, width) / 2;
  const spacing = (mixingParts.find(mixing).options ?? []).includes('dilation') ? dilation : 1;
  const origin = mixingParts.find(mixing).kernelOrigin ?? 'centre';
  const share = origin === 'corner' ? 1 : 0.5;
  const reach = (kernelSize - 1) * share * spacing;
  // The smallest is allowed even on the tiniest image.
  if (reach < side || (kernelSize === SMALLEST_KERNEL && spacing === 1)) {
    return;
  }
  throw new UserError(
    'invalid-config',
    `model.kernelSize ${kernelSize}${spacing > 1 ? ` with model.dilation ${spacing}` : ''} has taps ${reach} pixels ` +
      `from its ${origin}, and the largest images between couplings are ${height / 2} x ${width / 2}: ` +
      kernelRemedy({ kernelSize, side, spacing, share }),
  );
}

/** How far a kernel reaches. */
interface KernelReach {
  readonly kernelSize: number;
  /** The longer side of the images. */
  readonly side: number;
  /** The distance between neighbouring taps. */
  readonly spacing: number;
  /** The share of the kernel's side that lies on one side of the pixel: half, or from a corner all of it. */
  readonly share: number;
}

/** What fits images of this side: a smaller kernel or, if not even the smallest does, taps that are closer. */
function kernelRemedy({ kernelSize, side, spacing, share }: KernelReach): string {
  const steps = Math.floor((side - 1) / (share * spacing));
  const largest = steps - (steps % 2) + 1;
  if (spacing === 1 || largest > SMALLEST_KERNEL) {
    return `use a kernelSize of ${Math.max(largest, SMALLEST_KERNEL)} or less`;
  }
  const closer = Math.max(1, Math.floor((side - 1) / (share * (SMALLEST_KERNEL - 1))));
  const size = kernelSize > SMALLEST_KERNEL ? `a kernelSize of ${SMALLEST_KERNEL} and ` : '';
  return `use ${size}a dilation of ${closer} or less`;
}

function checkHiddenChannels(
  { levels, mixing, hiddenChannels }: ShapedModel,
  [, , channels]: ImageShape,
): void {
  // Every level has twice the channels of the previous one, so a number that fits the last fits all.
  const last = channels * 2 ** (levels + 1);
  if (hiddenChannels === last || hiddenChannels % (2 * last) === 0) {
    return;
  }
  throw new UserError(
    'invalid-config',
    `model.hiddenChannels is ${hiddenChannels}, but ${mixing} divides them among the channels, and the last level ` +
      `has ${last}: use ${last} or a multiple of ${2 * last}`,
  );
}
