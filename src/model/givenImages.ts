// The images that users pass to a model: checked, as a set, and as a batch for its programs.

import { UserError } from '../core/errors.ts';
import {
  countDimensions,
  kindInWords,
  type NdArray,
  showImageShape,
  type Values,
  valueKind,
  zeros,
} from '../core/numeric/index.ts';
import { type ImageSet, imagesInMemory } from '../data/contract/index.ts';
import { type Flow, requireColumns, requireKind } from '../flows/models/index.ts';
import { type ConditionChoice, conditionArrays } from './conditions.ts';
import { imageArray } from './likelihood/likelihood.ts';
import { toValues } from './pixels.ts';

/**
 * Images in memory as a set.
 *
 * @param condition what they are given, if the model depends on it
 * @throws UserError if they are not a whole number of images of the model
 */
export function toImageSet(
  { imageShape, options, values, condition: accepted }: Flow,
  images: Values,
  condition: ConditionChoice | undefined = undefined,
): ImageSet {
  const kind = valueKind(images);
  if (kind === undefined) {
    throw new UserError(
      'invalid-argument',
      `images must be a ${zeros(values.kind, 0).constructor.name}: the model takes ${kindInWords(values.kind)}`,
    );
  }
  requireKind(kind, values);
  if (images.length % countDimensions(imageShape) !== 0) {
    const shape = showImageShape(imageShape);
    throw new UserError(
      'mismatch',
      `${images.length} values are not a whole number of images: the model takes ${shape}, ${kindInWords(values.kind)}`,
    );
  }
  const set = imagesInMemory(images, imageShape);
  const { count } = set;
  return condition
    ? { ...set, conditions: conditionArrays({ options, condition: accepted }, condition, count) }
    : set;
}

/**
 * The x of images: given as pixels, as x itself or, for a continuous model, as real numbers.
 *
 * @throws UserError if they are not a whole number of images of the model, or not finite
 */
export function modelValues(model: Flow, images: Values | Float64Array): Float32Array | Float64Array {
  if (images instanceof Uint8Array || images instanceof Uint16Array) {
    toImageSet(model, images);
    return toValues(images, model);
  }
  if (!(images instanceof Float32Array || images instanceof Float64Array)) {
    throw new UserError(
      'invalid-argument',
      'images must be a Uint8Array or Uint16Array of pixels, or a Float32Array or Float64Array of values in [-0.5, 0.5) or real numbers',
    );
  }
  if (images.length % countDimensions(model.imageShape) !== 0) {
    throw new UserError(
      'mismatch',
      `${images.length} values are not a whole number of images: the model takes ${showImageShape(model.imageShape)}`,
    );
  }
  const wrong = images.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const image = Math.floor(wrong / countDimensions(model.imageShape));
    throw new UserError(
      'invalid-argument',
      `image ${image} has a value that is not finite: ${images[wrong]}`,
    );
  }
  const { values, imageShape } = model;
  return values.bits === undefined
    ? images.map((value, index) => values.xOf(value, index % imageShape[2]))
    : images;
}

/** @throws UserError if the images do not have the shape or the kind of values that the model takes */
export function requireMatchingImages(model: Flow, images: ImageSet): void {
  const [actual, expected] = [images.imageShape, model.imageShape].map(showImageShape);
  if (actual !== expected) {
    throw new UserError('mismatch', `the images are ${actual}, but the model takes ${expected}`);
  }
  requireKind(images.kind, model.values);
  requireColumns(images.columns, model.values);
}

/** Images `first` to `end − 1` of those in memory, as programs take them. */
export function imageBatch(
  { imageShape, values }: Flow,
  images: Values,
  first: number,
  end: number,
): NdArray {
  const dimensions = countDimensions(imageShape);
  return imageArray(images.subarray(first * dimensions, end * dimensions), imageShape, values);
}
