// Datasets as stored on disk: how a format gives the images of each split, in sequence and decoded one at a time.
import { option, phrase, UserError } from '../../core/errors.ts';
import { isPointShape, type Values } from '../../core/numeric/index.ts';
import {
  type DatasetDescription,
  type DatasetSource,
  type ImageSet,
  readOne,
  type Split,
} from './dataset.ts';
import { type Admit, type ArchiveOpener, maxImagePixels } from './reading.ts';

/** Larger images are rejected before they are decoded: 384 MiB, 134 million pixels in colour. */
export const maxDecodedBytes = 3 * maxImagePixels;

/** Images with a longer side are rejected; no JPEG file can have one. */
export const maxSide = 65_535;

/** An image decoded from its file, 8 bits per channel unless the file has real numbers. */
export interface DecodedImage<Data extends Values = Values> {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 1 is grey, 3 RGB. Arrays may have 2 or 4 that aren't colours; in pictures, the last of 2 or 4 is alpha until `onWhite`. */
  readonly channels: 1 | 2 | 3 | 4;
  /** HWC. */
  readonly data: Data;
  /** The conversions made in decoding: 'palette', '16-bit', 'transparency on white', … */
  readonly notes: readonly string[];
  /** The largest error of float64 values that were rounded to float32, as a share of the largest magnitude; missing if none was. */
  readonly rounding?: number;
}

/** An image of 8-bit integers. */
export type EightBitImage = DecodedImage<Uint8Array>;

/** An image of a split that has not been decoded yet. */
export interface RawImage {
  /** The path within the dataset: for messages, and for a stable split. */
  readonly name: string;
  /** The number of its class among the `classes` of its dataset; missing if that has no labels. */
  readonly label?: number | undefined;
  /**
   * @param admit called before memory is allocated; by default there is always room
   * @throws UserError with the name if the image is corrupt; OverBudget
   */
  decode(admit?: Admit): Promise<DecodedImage>;
}

/** A sequence of images. */
export interface RawSplit {
  /** The number of images; null if it is not known before they are read. */
  readonly count: number | null;
  /** Yields the images, from the first at each call; throws UserError if their archive is corrupt. */
  images(): AsyncIterable<RawImage>;
  /**
   * The images by index, of files that contain images of one shape; the first call reads them. Throws UserError if they are
   * missing or corrupt.
   */
  set?(): Promise<ImageSet>;
}

/** A dataset as stored on disk; missing test images are taken from the training images. */
export interface RawDataset {
  /** For training. */
  readonly train: RawSplit;
  /** The publisher's validation images, if any. */
  readonly validation?: RawSplit;
  /** For the final evaluation. */
  readonly test: RawSplit;
  /** The names of the classes, if the images have labels. */
  readonly classes?: readonly string[] | undefined;
  /** Why images that may look labelled have no labels, in words: for those who ask for classes. */
  readonly whyNoLabels?: string;
  /** The published numbers of images; `path` contains the dataset `name`. */
  readonly published?: Readonly<Record<'path' | 'name', string> & Record<'train' | 'test', number>>;
  /** How many images were converted before they were stored, by kind of conversion. */
  readonly notes?: Readonly<Record<string, number>>;
  /** Why all images are training images, in words, if they were not divided (`undivided`). */
  readonly whyUndivided?: string;
  /** Warnings about the files, one line each. */
  readonly warnings?: readonly string[];
  /** The files that are not read; `warnings` mention images in other formats, too. */
  readonly leftOut?: {
    /** Images in other formats. */
    readonly otherFormats: readonly string[];
    /** Files without the extension of an image. */
    readonly noImages: readonly string[];
  };
}

/** How images are opened as stored. */
export interface RawOptions {
  /**
   * Opens all images as training images: `if-needed` if they cannot be divided for training and testing, which is an error by
   * default; `unless-published` if neither folders nor files divide them, so that they would be divided by their names.
   */
  readonly undivided?: 'if-needed' | 'unless-published' | undefined;
}

/** A format of users' own images, recognised by path. */
export interface PathFormat {
  /**
   * Whether the existing file or folder at `path` looks like this format; reads no images.
   *
   * @param openArchive shares the listing of the path with the other formats
   */
  recognises(path: string, openArchive?: ArchiveOpener): Promise<boolean>;
  /** Finds the images; throws UserError if that shows that they are corrupt or incomplete. */
  open(path: string, openArchive?: ArchiveOpener, options?: RawOptions): Promise<RawDataset>;
}

/** A named dataset: its description, and how to find and open it. */
export interface NamedDataset extends DatasetDescription {
  /** Whether it must be prepared before training; false by default. */
  readonly toPrepare?: boolean;
  /**
   * The path of its files, found without reading images.
   * Throws UserError with the code `not-ready` if it is missing, with another code if it is incomplete or
   * unreadable.
   */
  locate(): Promise<string>;
  /** Finds its images; throws UserError as `locate` does. */
  open(): Promise<RawDataset>;
}

/**
 * Images that are stored by index, as a split. Without a name of their own they are called `train/0`, `train/1`, ….
 *
 * @param split its name
 * @param open reads the images, when they are needed
 */
export function splitOfSet(
  split: string,
  open: () => Promise<ImageSet>,
  count: number | null = null,
): RawSplit & Required<Pick<RawSplit, 'set'>> {
  let opened: Promise<ImageSet> | undefined;
  const set = (): Promise<ImageSet> => {
    opened ??= open();
    return opened;
  };
  return {
    count,
    set,
    async *images() {
      const images = await set();
      const [height, width, channels] = images.imageShape;
      if (isPointShape(images.imageShape) && images.kind === 'float32') {
        throw new UserError(
          'unsupported',
          `these are points of ${channels} numbers, not images: train, evaluate and score take them`,
        );
      }
      if (!isImageChannels(channels)) {
        throw new RangeError(`images of ${channels} channels, but image files have 1 to 4`);
      }
      for (let index = 0; index < images.count; index++) {
        yield {
          name: images.nameAt?.(index) ?? `${split}/${index}`,
          label: images.labels?.classAt(index),
          decode: async () => ({ width, height, channels, data: readOne(images, index), notes: [] }),
        };
      }
    },
  };
}

/** Images that are open as a dataset of files that contain them. */
export function toRawDataset({ train, validation, test, ...about }: DatasetSource): RawDataset {
  const split = (name: string, images: ImageSet): RawSplit =>
    splitOfSet(name, async () => images, images.count);
  return {
    ...about,
    ...(train.labels && { classes: train.labels.classes }),
    train: split('train', train),
    ...(validation && { validation: split('validation', validation) }),
    test: split('test', test),
  };
}

/** The splits of a dataset that has them. */
export function listSplits({ train, validation, test }: RawDataset): [Split, RawSplit][] {
  return [
    ['train', train],
    ...(validation ? [['validation', validation] as [Split, RawSplit]] : []),
    ['test', test],
  ];
}

/** Whether images can have this number of channels. */
export function isImageChannels(channels: number): channels is DecodedImage['channels'] {
  return channels === 1 || channels === 2 || channels === 3 || channels === 4;
}

/** The total number of images in several splits; null if any split's is only known at the end. */
export async function totalCount(splits: readonly RawSplit[]): Promise<number | null> {
  let total = 0;
  for (const split of splits) {
    const count = await countIn(split);
    if (count === null) {
      return null;
    }
    total += count;
  }
  return total;
}

/** The number of images in a split, if it can be known without decoding files. */
async function countIn({ count, set }: RawSplit): Promise<number | null> {
  return count ?? (await set?.())?.count ?? null;
}

/** The number of source images of a dataset; null if it is only known at the end. */
export function countPictures(dataset: RawDataset): Promise<number | null> {
  return totalCount(listSplits(dataset).map(([, split]) => split));
}

/**
 * The first `limit` training images of a dataset, and the same share of the others, at least one.
 *
 * @param source the dataset, for errors
 * @throws UserError if the limit is not a positive whole number, or the number of images is only known at the end
 */
export async function limited(dataset: RawDataset, limit: number, source: string): Promise<RawDataset> {
  const { train, validation, test } = dataset;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new UserError('invalid-argument', `limit must be a whole number of 1 or more, not ${limit}`);
  }
  const share = Math.min(1, limit / ((await countIn(train)) ?? Number.NaN));
  const part = async (split: RawSplit): Promise<RawSplit> => {
    const count = Math.max(1, Math.round(share * ((await countIn(split)) ?? Number.NaN)));
    if (Number.isNaN(count)) {
      throw new UserError(
        'unsupported',
        phrase`${source}: its number of images is only known at the end: omit ${option('limit', limit)}`,
      );
    }
    return { count, images: () => first(split.images(), count) };
  };
  return {
    ...dataset,
    train: await part(train),
    ...(validation && { validation: await part(validation) }),
    test: await part(test),
  };
}

async function* first<Item>(items: AsyncIterable<Item>, count: number): AsyncGenerator<Item, void, void> {
  let remaining = count;
  for await (const item of items) {
    yield item;
    if (--remaining === 0) {
      return;
    }
  }
}

/** The images of a split whose names are `wanted`. */
export function only(split: RawSplit, wanted: (name: string) => boolean): RawSplit {
  return {
    count: null,
    async *images() {
      for await (const image of split.images()) {
        if (wanted(image.name)) {
          yield image;
        }
      }
    },
  };
}
