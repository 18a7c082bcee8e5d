// A dataset, by its name or its path, made into a file of images of one size.
import { basename, dirname, extname, join } from 'node:path';
import { option, phrase, UserError } from '../errors.ts';
import { showImageShape } from '../numeric/imageShape.ts';
import { exists, requireWritable } from '../storage/files.ts';
import { makeFolders } from '../storage/folders.ts';
import type { PackedHeader } from './packed/packedHeader.ts';
import { countPictures, prepare } from './packed/prepare.ts';
import type { Crop } from './pixels/fitPicture.ts';
import { datasets, openRawDataset } from './registry.ts';
import { dataFolders } from './sets/dataFolder.ts';
import { preparedName } from './sets/preparedSet.ts';

/** How a dataset is prepared. */
export interface PrepareDatasetOptions {
  /** Height and width of the images; those of the set if it has a name, else it must be said. */
  readonly size?: number | undefined;
  /** Grey (1) or colour (3); as the set has it if it has a name, else 3. */
  readonly channels?: 1 | 3 | undefined;
  /** What becomes of pictures that are not square, or larger; the square in the centre if not said. */
  readonly crop?: Crop;
  /** The share of the training pictures that is held out where they are cut into tiles; 0.05 if not said. */
  readonly validation?: number;
  /** Tiles whose pixels have a smaller standard deviation, in steps of 1/255, are left out; 1 if not said. */
  readonly leastDeviation?: number;
  /** Leaves out images that came before, in any split. */
  readonly unique?: boolean;
  /** The file to write; by default NAME.images, or NAME-SIZE.images, in the first data folder. */
  readonly out?: string | undefined;
  /** Ends the work; nothing is left of it then. */
  readonly signal?: AbortSignal;
  /** Called as pictures are done, with how many; `total` is null where it is only known at the end. */
  onProgress?(pictures: number, total: number | null): void;
  /** Called for each picture that is damaged, with the line that says so. */
  onDamaged?(reason: string): void;
}

/** A prepared dataset. */
export interface PreparedDataset {
  /** The file. */
  readonly file: string;
  /** What `openDataset` opens it by: the name of the set where that finds the file, else the file. */
  readonly name: string;
  /** What is in it. */
  readonly header: PackedHeader;
  /** A line for each picture that was damaged and left out. */
  readonly damaged: readonly string[];
}

/**
 * Prepares a dataset: decodes every picture once and writes images of one size into one file, which is trained on at
 * full speed and may be larger than memory.
 *
 * @param nameOrPath one of `datasets` by its name, or a folder or archive of images
 * @returns null if it was ended by its signal
 * @throws UserError if there is no such dataset, its size is not said, the file is there already or cannot be written,
 *   or no image is left for training or for testing
 */
export async function prepareDataset(
  nameOrPath: string,
  options: PrepareDatasetOptions = {},
): Promise<PreparedDataset | null> {
  const { crop = 'center', validation = 0.05, leastDeviation = 1, out, onProgress, ...rest } = options;
  const named = datasets.find(({ name }) => name === nameOrPath);
  const size = options.size ?? named?.imageShape[0];
  const channels = options.channels ?? (named?.imageShape[2] === 1 ? 1 : 3);
  if (size === undefined) {
    throw new UserError(
      'invalid-argument',
      phrase`say how high and wide the images of ${nameOrPath} shall be, for example ${option('size', 32)}`,
    );
  }
  const isOwnForm =
    named !== undefined &&
    crop !== 'tiles' &&
    showImageShape([size, size, channels]) === showImageShape(named.imageShape);
  const file = out ?? join(dataFolders()[0], isOwnForm ? preparedName(named) : fileName(nameOrPath, size));
  requireFree(file, out === undefined);
  const dataset = await openRawDataset(nameOrPath);
  const total = countPictures(dataset);
  onProgress?.(0, total);
  const prepared = await prepare(dataset, file, {
    ...rest,
    crop,
    validation,
    leastDeviation,
    size,
    channels,
    source: nameOrPath,
    onProgress: (pictures) => onProgress?.(pictures, total),
  });
  return prepared && { file, name: isOwnForm && out === undefined ? nameOrPath : file, ...prepared };
}

/** `emoji-64.images` for the folder `some/where/emoji`. */
function fileName(nameOrPath: string, size: number): string {
  const name = basename(nameOrPath);
  return `${basename(name, extname(name)) || 'images'}-${size}.images`;
}

/** A file that is there may have taken hours: it is not replaced. */
function requireFree(file: string, mayCreateFolder: boolean): void {
  if (exists(file)) {
    throw new UserError(
      'exists',
      phrase`${file} is there already: name another file with ${option('out', 'FILE')}, or remove it`,
    );
  }
  if (mayCreateFolder) {
    makeFolders(dirname(file));
  }
  requireWritable(file);
}
