// Datasets: images read by index, in memory or on disk, and their classes.

import { UserError } from '../../core/errors.ts';
import {
  bytesOfValue,
  copyInto,
  countElements,
  type ImageShape,
  oneHotRows,
  requireArgument,
  type ValueKind,
  type Values,
  valueKind,
  zeros,
} from '../../core/numeric/index.ts';

/**
 * The share of the training images that is held out for validation: a fraction in [0, 1), or `auto` for 2 %, but at least
 * 100 images or, of fewer than 500, a fifth.
 */
export type ValidationShare = number | 'auto';

/** The share of the training images that is held out for validation, unless another one is chosen. */
export const defaultValidation: ValidationShare = 'auto';

/** What a model is measured on if its share is unknown: the default holds out these images and perhaps more. */
export const leastValidation = 0.02;

/** Fewer images than this say little: `auto` holds out as many, … */
export const ENOUGH_IMAGES = 100;

/** … but, of the images of a small dataset, at most this share. */
export const MOST_SHARE = 0.2;

/** The splits of a dataset, in the order of their images in files. */
export const splitNames = ['train', 'validation', 'test'] as const;

/** A split of a dataset. */
export type Split = (typeof splitNames)[number];

/** A component of the conditions of images. */
export interface ConditionValues {
  /** The shape of its values for each image: `[1]` for a number, `[K]` for several, `[H, W, K]` for an image. */
  readonly shape: readonly number[];
  /** Writes the values of the images at `indices` into `out`, image after image. Throws RangeError if there is no such image. */
  read(indices: ArrayLike<number>, out: Float64Array): void;
}

/** The classes of images: a condition whose values are one-hot, `[K]` for K classes. */
export interface Labels extends ConditionValues {
  /** The names of the classes, all different, in the order of their numbers; the same for all splits of a dataset. */
  readonly classes: readonly string[];
  /** The number of the class of an image, from 0; throws RangeError if there is no such image. */
  classAt(index: number): number;
}

/** Numbers and images that accompany each image, by name, that a density can depend on. */
export type Conditions = Readonly<Record<string, ConditionValues>>;

/** Images of one shape and kind of values, read by index; they need not fit into memory. */
export interface ImageSet {
  /** The number of images. */
  readonly count: number;
  /** Height, width and channels of each image. */
  readonly imageShape: ImageShape;
  /** The kind of their values: integers of 8 or 16 bits, or real numbers. */
  readonly kind: ValueKind;
  /** SHA-256 of all pixels, in order, in hexadecimal, if known without reading them. */
  readonly checksum?: string;
  /** If validation images were held out of these: all training images, those included. */
  readonly heldOutFrom?: ImageSet;
  /** The name of an image: its path in the dataset, or its number in an array; absent if they have none. */
  nameAt?(index: number): string;
  /** The names of the numbers of points from a table, in order; absent if these have none. */
  readonly columns?: readonly string[];
  /** The class of each image; absent if they have no labels. */
  readonly labels?: Labels;
  /** Conditions by name; absent if the images have none. */
  readonly conditions?: Conditions;
  /**
   * Writes the images at `indices` (each in 0..`count`-1, in any order, repeats allowed) into `out`, NHWC.
   * Throws RangeError unless `out` has exactly the right size and kind, and every index is in range.
   */
  read(indices: ArrayLike<number>, out: Values): void;
}

/** Which image of a set is meant. */
export interface ImageOfSet {
  /** Its index in the set, from 0. */
  readonly index: number;
  /** Its name, as `nameAt` returns it; absent if the images have none. */
  readonly name?: string;
}

/** An image of a set, with its name if it has one. */
export function imageOfSet(images: ImageSet, index: number): ImageOfSet {
  const name = images.nameAt?.(index);
  return { index, ...(name !== undefined && { name }) };
}

/** How messages name an image: by its path in the dataset, or `image 7` if it has only a number. */
export function imageText({ index, name = String(index) }: ImageOfSet): string {
  return /^\d+$/.test(name) ? `image ${name}` : name;
}

/** `count` of `total` positions, evenly spread: images are often sorted. */
export function evenlySpread(count: number, total: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor((index * total) / count));
}

/** The images in the publisher's splits, before validation images are held out. */
export interface DatasetSource {
  /** For training; validation images are held out from these if the publisher provides none. */
  readonly train: ImageSet;
  /** The publisher's validation images, for model selection. */
  readonly validation?: ImageSet;
  /** For the final evaluation, never for model selection. */
  readonly test: ImageSet;
  /** Warnings about the images, one line each. */
  readonly warnings?: readonly string[];
  /** Why images that may look labelled have no labels, in words: for those who ask for classes. */
  readonly whyNoLabels?: string;
  /** How many images were converted in decoding, by kind of conversion: `palette`, `16-bit`, … */
  readonly notes?: Readonly<Record<string, number>>;
}

/**
 * An open dataset; `validation` is the publisher's or held out from the training images, and may be empty.
 */
export interface Dataset extends DatasetSource {
  /** The name or path it was opened by. */
  readonly name: string;
  /** Height, width and channels of each image. */
  readonly imageShape: ImageShape;
  /** For model selection. */
  readonly validation: ImageSet;
  /** How the validation images were held out of the training images; absent if the publisher chose them. */
  readonly holdOut?: HoldOut;
}

/** Held out by position: the first images of a permutation that depends only on their number. */
interface HoldOutByPosition {
  /** The kind of rule. */
  readonly by: 'position';
}

/** Held out by name: the images whose hash is below a limit, so that other images do not matter. */
interface HoldOutByName {
  /** The kind of rule. */
  readonly by: 'name';
  /** The limit, from 0 to 1. */
  readonly below: number;
}

/** Which training images are held out for validation. */
export type HoldOut = HoldOutByPosition | HoldOutByName;

/** The description of a named dataset. */
export interface DatasetDescription {
  /** The name to open it by. */
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Height, width and channels of each image. */
  readonly imageShape: ImageShape;
  /** The published numbers of training and test images; omitted if unknown. */
  readonly counts?: Readonly<Record<'train' | 'test', number>>;
  /** The names of its classes, if its files have labels that are read. */
  readonly classes?: readonly string[];
  /** Where the images come from. */
  readonly source: string;
  /** The terms under which the images may be used. */
  readonly licence: string;
}

/**
 * The images in an array, NHWC; `data` is kept, not copied.
 * Throws RangeError if `data` is not a whole number of images, or an array of another kind.
 *
 * @param names the name of each image, if they have names
 */
export function imagesInMemory(data: Values, imageShape: ImageShape, names?: readonly string[]): ImageSet {
  requireArgument(
    ArrayBuffer.isView(data) && Array.isArray(imageShape) && imageShape.length === 3,
    'imagesInMemory needs values and the shape of an image, such as imagesInMemory(pixels, [28, 28, 1])',
  );
  const imageSize = countElements(imageShape);
  const count = data.length / imageSize;
  const kind = valueKind(data);
  if (kind === undefined) {
    throw new RangeError('images must be in a Uint8Array, a Uint16Array or a Float32Array');
  }
  if (!Number.isInteger(count)) {
    throw new RangeError(`${data.length} values are not a whole number of ${imageShape.join('x')} images`);
  }
  return {
    count,
    imageShape,
    kind,
    ...(names && { nameAt: (index: number) => names[checkIndex(index, count)]! }),
    read(indices, out) {
      checkOutput(indices.length * imageSize, kind, out);
      for (let position = 0; position < indices.length; position++) {
        const index = checkIndex(indices[position]!, count);
        copyInto(out, data.subarray(index * imageSize, (index + 1) * imageSize), position * imageSize);
      }
    },
  };
}

/**
 * A view whose image i is image `indices[i]` of `images`; `indices` is copied.
 * Throws RangeError if an index is out of range.
 */
export function subset(images: ImageSet, indices: ArrayLike<number>): ImageSet {
  // Checked before the copy: a Uint32Array would convert 1.5 and -1 to other indices.
  const chosen = mapIndices(indices, (index) => checkIndex(index, images.count));
  const { nameAt, columns, labels, conditions } = images;
  const chosenAt = (positions: ArrayLike<number>): Uint32Array =>
    mapIndices(positions, (position) => chosen[checkIndex(position, chosen.length)]!);
  return {
    count: chosen.length,
    imageShape: images.imageShape,
    kind: images.kind,
    ...(nameAt && { nameAt: (position: number) => nameAt(chosen[checkIndex(position, chosen.length)]!) }),
    ...(columns && { columns }),
    ...(labels && {
      labels: labelsFrom(labels.classes, (position) =>
        labels.classAt(chosen[checkIndex(position, chosen.length)]!),
      ),
    }),
    ...(conditions && {
      conditions: Object.fromEntries(
        Object.entries(conditions).map(([name, { shape, read }]) => [
          name,
          { shape, read: (positions, out) => read(chosenAt(positions), out) },
        ]),
      ),
    }),
    read(positions, out) {
      images.read(chosenAt(positions), out);
    },
  };
}

/** A plain loop: Uint32Array.from with a function takes 80 bytes per index. */
function mapIndices(indices: ArrayLike<number>, map: (index: number) => number): Uint32Array {
  const out = new Uint32Array(indices.length);
  for (let position = 0; position < out.length; position++) {
    out[position] = map(indices[position]!);
  }
  return out;
}

/** The first `limit` images, or all if there are fewer. */
export function firstImages(images: ImageSet, limit: number): ImageSet {
  const count = Math.min(limit, images.count);
  return subset(
    images,
    Array.from({ length: count }, (_, index) => index),
  );
}

/** All images, in order, NHWC. */
export function readAll(images: ImageSet): Values {
  const out = imagesBuffer(images, images.count);
  images.read(
    Uint32Array.from({ length: images.count }, (_, index) => index),
    out,
  );
  return out;
}

/** One image, HWC. */
export function readOne(images: ImageSet, index: number): Values {
  const out = imagesBuffer(images, 1);
  images.read([index], out);
  return out;
}

/** An array for a number of images of a set. */
export function imagesBuffer(
  { imageShape, kind }: Pick<ImageSet, 'imageShape' | 'kind'>,
  count: number,
): Values {
  return zeros(kind, count * countElements(imageShape));
}

/** The bytes of one image of a set. */
export function bytesPerImage({ imageShape, kind }: Pick<ImageSet, 'imageShape' | 'kind'>): number {
  return countElements(imageShape) * bytesOfValue(kind);
}

/** Returns the index if it is in 0..`count`-1; throws RangeError otherwise. */
export function checkIndex(index: number, count: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`image index ${index} is out of range: there are ${count} images`);
  }
  return index;
}

/** Throws RangeError unless `out` has so many values of a kind. */
export function checkOutput(length: number, kind: ValueKind, out: Values): void {
  if (out.length !== length || valueKind(out) !== kind) {
    throw new RangeError(
      `the images need ${length} values of kind ${kind}, but the output has ${out.length} of kind ${valueKind(out)}`,
    );
  }
}

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
  // Checked before the copy: a Uint16Array would convert 1.5 and 65,536 to other classes.
  const wrong = Array.from(numbers).findIndex(
    (number) => !(Number.isInteger(number) && number >= 0 && number < classes.length),
  );
  if (wrong !== -1) {
    throw new UserError(
      'invalid-data',
      `${source}: image ${wrong} has label ${numbers[wrong]}, expected 0 to ${classes.length - 1}; use another copy`,
    );
  }
  const copy = Uint16Array.from(numbers);
  return { ...images, labels: labelsFrom(classes, (index) => copy[checkIndex(index, count)]!) };
}

/** Labels of images whose classes `classAt` knows. */
export function labelsFrom(classes: readonly string[], classAt: (index: number) => number): Labels {
  const { length: count } = classes;
  return {
    classes,
    classAt,
    shape: [count],
    read(indices, out) {
      out.set(oneHotRows(Array.from(indices, classAt), count).data);
    },
  };
}

/** Whether images are labelled with exactly these classes. */
export function hasClasses({ labels }: Pick<ImageSet, 'labels'>, classes: readonly string[]): boolean {
  return JSON.stringify(labels?.classes) === JSON.stringify(classes);
}

/** The number of images in each class. */
export function countClasses({ count, labels }: ImageSet): number[] {
  const counts = new Array<number>(labels?.classes.length ?? 0).fill(0);
  for (let index = 0; labels && index < count; index++) {
    counts[labels.classAt(index)]!++;
  }
  return counts;
}
