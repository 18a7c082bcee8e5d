// Images as they lie on the disk: of any size, one after the other, decoded one at a time.
import { maxImagePixels } from './budget.ts';

/** An image that would take more than this is refused before it is decoded: 384 MiB, 134 million pixels in colour. */
export const maxDecodedBytes = 3 * maxImagePixels;

/** An image with a longer side is refused: no JPEG file can have one. */
export const maxSide = 65_535;

/** An image as its file holds it, decoded to 8 bits a channel. */
export interface DecodedImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Grey 1, grey and alpha 2, RGB 3, RGBA 4. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Row by row, the channels of a pixel side by side. */
  readonly data: Uint8Array;
  /** What was changed in decoding, in a word or two each: 'palette', '16-bit', 'transparency on white', … */
  readonly notes: readonly string[];
}

/** Waits until there is room for so many bytes more, beside those of the other images that are being decoded. */
export type Admit = (bytes: number) => Promise<void>;

/** One image of a split, not decoded yet. */
export interface RawImage {
  /** Path within the set: for messages, and for a split that stays the same. */
  readonly name: string;
  /**
   * @param admit asked before memory is taken; without it there is always room
   * @throws UserError with the name when the image is damaged, OverBudget when its source has spent all it may
   */
  decode(admit?: Admit): Promise<DecodedImage>;
}

/** Images that come one after the other. */
export interface RawSplit {
  /** Null where it is only known at the end. */
  readonly count: number | null;
  /** The images from the first on, anew at each call; throws UserError when the file around them is damaged. */
  images(): AsyncIterable<RawImage>;
}

/** A set of images as it lies on the disk; a split that is not there is left out (validation) or made (test). */
export interface RawDataset {
  /** To train on. */
  readonly train: RawSplit;
  /** The publisher's own validation images, if there are any. */
  readonly validation?: RawSplit;
  /** For the last word on a model. */
  readonly test: RawSplit;
}

/** Whether an image may have so many channels. */
export function isImageChannels(channels: number): channels is DecodedImage['channels'] {
  return channels === 1 || channels === 2 || channels === 3 || channels === 4;
}

/** The number of images in several splits; null where that of one is only known at the end. */
export function totalCount(splits: readonly RawSplit[]): number | null {
  return splits.reduce<number | null>(
    (sum, { count }) => (sum === null || count === null ? null : sum + count),
    0,
  );
}

/** The images of a split whose names are wanted. */
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
