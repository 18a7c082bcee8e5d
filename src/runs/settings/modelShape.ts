// Whether images fit the model of a configuration, and the model for images that do.
import { UserError } from '../../core/errors.ts';
import {
  countDimensions,
  type ImageShape,
  largestImage,
  showImageShape,
  timesHalved,
} from '../../core/numeric/index.ts';
import {
  checkerboardCounts,
  type Flow,
  flowFor,
  flows,
  type ModelOptions,
  masks,
  mixings,
} from '../../flows/models/index.ts';

/** The model options that must fit the images. */
export type ShapedModel = Pick<ModelOptions, 'flow' | 'levels' | 'mixing' | 'mask' | 'checkerboard'>;

/**
 * The model of a configuration for images of this shape: its layers and the shapes of its parameters, none of
 * which are allocated.
 *
 * @throws UserError as `requireBuildable` does
 */
export function modelFor(options: ModelOptions, imageShape: ImageShape): Flow {
  requireBuildable(options, imageShape);
  return flowFor(imageShape, options);
}

/**
 * Checks a new model: that it can be built, and that its mixing has no weights that are never used, such as taps of a kernel
 * outside all images. A model that is trained already may have some, which harm nothing.
 *
 * @throws UserError that names what does not fit, and a value that would
 */
export function checkModelShape(model: ShapedModel, imageShape: ImageShape): void {
  requireBuildable(model, imageShape);
  if (uses(model, 'mixing')) {
    checkMixing(model, imageShape, true);
  }
}

/**
 * Checks that an image is not too large for any model, that every level can halve it (height and width divisible by
 * 2^levels) and has pixels enough for the mask, that a list of checkerboards has no more levels than the model, and that the
 * mixing fits the images of every level.
 *
 * @throws UserError that names what does not fit, and a value that would
 */
export function requireBuildable(model: ShapedModel, imageShape: ImageShape): void {
  checkSize(imageShape);
  if (uses(model, 'levels')) {
    checkLevels(model.levels, imageShape);
    checkCheckerboards(model);
  }
  if (uses(model, 'levels') && uses(model, 'mask')) {
    checkMask(model, imageShape);
  }
  if (uses(model, 'levels') && uses(model, 'mixing')) {
    checkMixing(model, imageShape, false);
  }
}

/** Whether a model's flow uses an option, so that it must fit the images. */
function uses({ flow }: ShapedModel, option: keyof ShapedModel): boolean {
  return flows.resolve(flow).definition.uses?.includes(option) ?? false;
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
  const [actual, expected] = [dataset.imageShape, trained].map(showImageShape);
  if (actual !== expected) {
    throw new UserError(
      'invalid-argument',
      `the images of ${dataset.name} are ${actual}, but the model was trained on images of ${expected}: ${remedy}`,
    );
  }
}

function checkSize(imageShape: ImageShape): void {
  const [height, width] = imageShape;
  if (!imageShape.every((length) => Number.isSafeInteger(length) && length > 0)) {
    throw new UserError('invalid-data', `${showImageShape(imageShape)} is not the shape of an image`);
  }
  if (height * width > largestImage.pixels || countDimensions(imageShape) > largestImage.values) {
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
  const { length } = checkerboardCounts(model);
  const { levels } = model;
  // Without levels, the steps before the prior may have one.
  const limit = Math.max(1, levels);
  if (length > limit) {
    throw new UserError(
      'invalid-config',
      `model.checkerboard lists ${length} levels, and model.levels is ${levels}: list at most ${limit}`,
    );
  }
}

function checkMask({ levels, mask }: ShapedModel, [height, width]: ImageShape): void {
  const { name, leastPixels = 1 } = masks.resolve(mask).definition;
  const pixels = (height * width) / 4 ** levels;
  if (pixels < leastPixels) {
    const remedy = levels > 1 ? 'use fewer levels' : 'use larger images, or another mask';
    throw new UserError(
      'invalid-config',
      `model.mask is ${name}, which needs at least ${leastPixels} pixels, but the last level has ${pixels}: ${remedy}`,
    );
  }
}

function checkMixing(
  { levels, mixing }: ShapedModel,
  [height, width, channels]: ImageShape,
  isNew: boolean,
): void {
  const { definition, options } = mixings.resolve(mixing);
  // A squeeze multiplies channels by four, and the split after every level but the last halves them.
  const shapes = Array.from({ length: levels }, (_, level): ImageShape => {
    const shrinkage = 2 ** (level + 1);
    return [height / shrinkage, width / shrinkage, channels * 2 * shrinkage];
  });
  if (levels === 0) {
    shapes.push([height, width, channels]);
  }
  const misfit = definition.misfit?.({ shapes, isNew }, options);
  if (misfit !== undefined) {
    throw new UserError('invalid-config', `${mixings.key}: ${misfit}`);
  }
}
