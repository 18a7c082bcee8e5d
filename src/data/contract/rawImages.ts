// Images as stored on disk: of any size, in sequence, decoded one at a time.
import { option, phrase, UserError } from '../../errors.ts';
import type { Values } from '../../numeric/values.ts';
import { maxImagePixels } from './budget.ts';

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
  /** Grey 1, grey and alpha 2, RGB 3, RGBA 4. */
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

/** Waits until this many more bytes fit into memory, in addition to those of other images being decoded. */
export type Admit = (bytes: number) => Promise<void>;

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
  /** The number of images; null if it is only known at the end. */
  readonly count: number | null;
  /** Yields the images, from the first at each call; throws UserError if their archive is corrupt. */
  images(): AsyncIterable<RawImage>;
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

/** Whether images can have this number of channels. */
export function isImageChannels(channels: number): channels is DecodedImage['channels'] {
  return channels === 1 || channels === 2 || channels === 3 || channels === 4;
}

/** The total number of images in several splits; null if that of any split is only known at the end. */
export function totalCount(splits: readonly RawSplit[]): number | null {
  return splits.reduce<number | null>(
    (sum, { count }) => (sum === null || count === null ? null : sum + count),
    0,
  );
}

/** The number of source images of a dataset; null if it is only known at the end. */
export function countPictures({ train, validation, test }: RawDataset): number | null {
  return totalCount([train, ...(validation ? [validation] : []), test]);
}

/**
 * The first `limit` training images of a dataset, and the same share of the others, at least one.
 *
 * @param source the dataset, for errors
 * @throws UserError if the limit is not a positive whole number, or the number of images is only known at the end
 */
export function limited(dataset: RawDataset, limit: number, source: string): RawDataset {
  const { train, validation, test } = dataset;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new UserError('invalid-argument', `limit must be a whole number of 1 or more, not ${limit}`);
  }
  const share = train.count === null ? Number.NaN : Math.min(1, limit / train.count);
  const part = (split: RawSplit): RawSplit => {
    const count = Math.max(1, Math.round(share * (split.count ?? Number.NaN)));
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
    train: part(train),
    ...(validation && { validation: part(validation) }),
    test: part(test),
  };
}

async function* first<Item>(items: AsyncIterable<Item>, count: number): AsyncGenerator<Item, void, void> {
  let left = count;
  for await (const item of items) {
    yield item;
    if (--left === 0) {
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
