// Where the images of a page come from, and how they are opened.
import type { FetchOptions } from '../platform/transfer.ts';
import type { Dataset, HoldOut, ImageSet } from './contract/dataset.ts';
import type { Crop } from './pixels/fitPicture.ts';
import type { GivenFiles } from './sources/givenFiles.web.ts';

/**
 * Where images come from: the URL of a prepared file or a zip archive, relative to the page if it is a string; such a
 * file in memory; the image files of a file input or a drop, with their folders; a folder that the page may read; or
 * images in memory (`imagesInMemory`).
 */
export type ImageSource = string | URL | Blob | GivenFiles | ImageSet;

/** How images are opened. */
export interface OpenImagesOptions extends Omit<FetchOptions, 'onProgress'> {
  /** What the dataset is called; by default the name of the file or folder. */
  readonly name?: string;
  /** Height and width that all images are fitted to; by default they must have the same size. */
  readonly size?: number;
  /** Grey (1) or colour (3), if they are fitted: by default colour for image files, else as they are. */
  readonly channels?: 1 | 3;
  /** How images are made square, if they are fitted; by default the central square. */
  readonly crop?: Crop;
  /** Tiles with a smaller standard deviation, in units of 1/255, are left out; 1 by default. */
  readonly leastDeviation?: number;
  /** Whether duplicates of earlier images are left out, in any split, if images are fitted. */
  readonly unique?: boolean;
  /** The share of training images held out for validation: by default `auto`, as in `openDataset`, and of images cut into tiles 0.05. */
  readonly validation?: number;
  /** Repeats the split of an earlier call. */
  readonly holdOut?: HoldOut;
  /** Called with the bytes received or the images decoded, and their total if it is known. */
  onProgress?(done: number, total: number | undefined, unit: 'bytes' | 'images'): void;
  /** Called with a line for each corrupt image that is left out. */
  onDamaged?(reason: string): void;
}

/** The images that were opened. */
export interface OpenedImages extends Dataset {
  /** A line for each corrupt image, which was left out: only if images are fitted, else one is an error. */
  readonly damaged: readonly string[];
}
