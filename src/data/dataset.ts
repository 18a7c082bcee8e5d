// What a dataset is: sets of 8-bit images read by position, in memory or not; and what a reader of one provides.
import type { ImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import type { OpenStore } from './formats/storedFiles.ts';
import type { RawDataset } from './rawImages.ts';

/** Images of one shape, 8 bits a channel, read by position, so that a set may be larger than memory. */
export interface ImageSet {
  /** The number of images. */
  readonly count: number;
  /** Height, width and channels of each image. */
  readonly imageShape: ImageShape;
  /**
   * Writes the images at `indices` (each in 0..`count`-1, in any order, repeats allowed) into `out`, NHWC.
   * Throws RangeError unless `out` has exactly their size and every index is in range.
   */
  read(indices: ArrayLike<number>, out: Uint8Array): void;
}

/** The images as their publisher divides them, before validation images are held out. */
export interface DatasetSource {
  /** To train on, and to hold validation images out of where the publisher has none. */
  readonly train: ImageSet;
  /** The publisher's own images to choose models by. */
  readonly validation?: ImageSet;
  /** For the last word on a model, never to choose one by. */
  readonly test: ImageSet;
  /** What a person should know of these images before using them, a line each. */
  readonly warnings?: readonly string[];
  /** What was done to how many images to bring them to 8 bits, grey or colour: `palette`, `16-bit`, … */
  readonly notes?: Readonly<Record<string, number>>;
}

/** An opened dataset; `validation` is the publisher's own, or held out of the training images and perhaps empty. */
export interface Dataset extends DatasetSource {
  /** The name or the path under which it was opened. */
  readonly name: string;
  /** Height, width and channels of each image. */
  readonly imageShape: ImageShape;
  /** To choose models by. */
  readonly validation: ImageSet;
  /** Whether these were held out of the publisher's training images. */
  readonly isHeldOut?: boolean;
}

/** The parts of a set whose publisher has no images to choose models by. */
export type Part = 'train' | 'test';

/** What a dataset that has a name is. */
export interface DatasetDescription {
  /** The name to ask for. */
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Height, width and channels of each image. */
  readonly imageShape: ImageShape;
  /** How many images the publisher's training and test sets hold; left out where the publisher does not say. */
  readonly counts?: Readonly<Record<'train' | 'test', number>>;
  /** Where the images come from. */
  readonly source: string;
  /** The terms under which the images may be used. */
  readonly licence: string;
}

/** A dataset that can be asked for by name: what it is, and how it is opened. */
export interface NamedDataset extends DatasetDescription {
  /**
   * The path at which it lies, found without reading images.
   * Throws UserError with the code `not-ready` when it is not there, with another when what is there is incomplete or
   * cannot be read.
   */
  locate(): Promise<string>;
  /** Left out for a set that is prepared first. Throws UserError when the images are missing or damaged. */
  open?(): Promise<DatasetSource>;
  /** Opens one part alone, where there are these two and each has files of its own; throws as `open` does. */
  openPart?(part: 'train' | 'test'): Promise<ImageSet>;
  /** The images as they lie on the disk, for a set that is better prepared once than opened; throws as `open` does. */
  openRaw?(): Promise<RawDataset>;
}

/** A form in which people keep images of their own, recognised at a path. */
export interface PathFormat {
  /** What has to be at the path, in words that end "expected …". */
  readonly expects: string;
  /**
   * Whether the existing file or folder at `path` looks like this form; reads no images.
   *
   * @param openStore shares what is found out of the path with those that are asked before and after
   */
  recognises(path: string, openStore?: OpenStore): Promise<boolean>;
  /** Throws UserError when the images are damaged or incomplete. */
  open(path: string, openStore?: OpenStore): Promise<DatasetSource>;
  /** Opens one part alone, where there are these two and each has files of its own; throws as `open` does. */
  openPart?(path: string, part: Part, openStore?: OpenStore): Promise<ImageSet>;
  /** The images as they lie on the disk, where they may be of any size and number; throws as `open` does. */
  openRaw?(path: string, openStore?: OpenStore): Promise<RawDataset>;
}

/**
 * A set over images that are in memory, one after the other (NHWC); `data` is kept, not copied.
 * Throws RangeError when `data` is not a whole number of images.
 */
export function imagesInMemory(data: Uint8Array, imageShape: ImageShape): ImageSet {
  const imageSize = sizeOf(imageShape);
  const count = data.length / imageSize;
  if (!Number.isInteger(count)) {
    throw new RangeError(`${data.length} bytes are no whole number of ${imageShape.join('x')} images`);
  }
  return {
    count,
    imageShape,
    read(indices, out) {
      checkOutput(indices.length * imageSize, out);
      for (let position = 0; position < indices.length; position++) {
        const index = checkIndex(indices[position]!, count);
        out.set(data.subarray(index * imageSize, (index + 1) * imageSize), position * imageSize);
      }
    },
  };
}

/**
 * The view of `images` whose image i is image `indices[i]` of it; `indices` is copied.
 * Throws RangeError when an index is out of range.
 */
export function subset(images: ImageSet, indices: ArrayLike<number>): ImageSet {
  // Checked before the copy: an integer array would turn 1.5 or -1 into something else.
  const chosen = Uint32Array.from(indices, (index) => checkIndex(index, images.count));
  return {
    count: chosen.length,
    imageShape: images.imageShape,
    read(positions, out) {
      images.read(
        Uint32Array.from(positions, (position) => chosen[checkIndex(position, chosen.length)]!),
        out,
      );
    },
  };
}

/** The first images of a set, `most` of them or all that there are. */
export function firstImages(images: ImageSet, most: number): ImageSet {
  const count = Math.min(most, images.count);
  return subset(
    images,
    Array.from({ length: count }, (_, index) => index),
  );
}

/** All images of a set, in order, NHWC. */
export function readAll(images: ImageSet): Uint8Array {
  const out = new Uint8Array(images.count * sizeOf(images.imageShape));
  images.read(
    Uint32Array.from({ length: images.count }, (_, index) => index),
    out,
  );
  return out;
}

/** One image of a set, HWC. */
export function readOne(images: ImageSet, index: number): Uint8Array {
  const out = new Uint8Array(sizeOf(images.imageShape));
  images.read([index], out);
  return out;
}

/** The index, if it is one of `count`; throws RangeError if not. */
export function checkIndex(index: number, count: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`no image ${index} in a set of ${count}`);
  }
  return index;
}

/** Throws RangeError unless `out` has that many bytes. */
export function checkOutput(bytes: number, out: Uint8Array): void {
  if (out.length !== bytes) {
    throw new RangeError(`the images need ${bytes} bytes, the output has ${out.length}`);
  }
}
