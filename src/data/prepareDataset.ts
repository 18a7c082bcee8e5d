// Prepares a dataset, by name or path, into one file of images of one size.
import { basename, extname, join, resolve } from 'node:path';
import { option, phrase, UserError } from '../core/errors.ts';
import { requireArgument, showImageShape } from '../core/numeric/index.ts';
import { countPictures, limited } from './contract/rawImages.ts';
import { exists } from './files/files.ts';
import { requireWritable } from './files/partialFiles.ts';
import { packedTarget } from './packed/packedFile.ts';
import type { PackedHeader } from './packed/packedLayout.ts';
import { defaultLeastDeviation, prepare } from './packed/packImages.ts';
import { type Crop, requireFit } from './pixels/fitPicture.ts';
import { datasets, openRawDataset } from './registry.ts';
import { dataFolders, preparedName, writableDataFolder } from './sets/dataFolder.ts';

/** The options of `prepareDataset`. */
export interface PrepareDatasetOptions {
  /** Height and width of the images; by default a named dataset's, required for others. */
  readonly size?: number | undefined;
  /** Grey (1) or colour (3); by default a named dataset's, 3 for others. */
  readonly channels?: 1 | 3 | undefined;
  /** 16 keeps images of 16 bits unchanged; by default they are rounded to 8. */
  readonly bits?: 8 | 16 | undefined;
  /** How source images are made square; by default the central square. */
  readonly crop?: Crop;
  /** The share of training images held out for validation when they are cut into tiles; 0.05 by default. */
  readonly validation?: number;
  /** Tiles with a smaller standard deviation, in units of 1/255, are left out; 1 by default. */
  readonly leastDeviation?: number;
  /** Leaves out duplicates of earlier images, in any split. */
  readonly unique?: boolean;
  /** The number of source images for training, from the first, and the same share of the others; all by default. */
  readonly limit?: number | undefined;
  /** The file to write, compressed if its name ends in `.gz`; by default NAME.images, or NAME-SIZE.images, in the first data folder. */
  readonly out?: string | undefined;
  /** Stops the work and deletes the partial file. */
  readonly signal?: AbortSignal;
  /** Called with the number of source images done; `total` is null if it is only known at the end. */
  onProgress?(pictures: number, total: number | null): void;
  /** Called with a line for each corrupt source image. */
  onDamaged?(reason: string): void;
  /** Called with each warning about the source, one line each. */
  onWarning?(warning: string): void;
}

/** A prepared dataset. */
export interface PreparedDataset {
  /** The file. */
  readonly file: string;
  /** What to pass to `openDataset`: the name of the dataset if that finds the file, otherwise the file. */
  readonly name: string;
  /** Its header. */
  readonly header: PackedHeader;
  /** A line for each corrupt source image, which was left out. */
  readonly damaged: readonly string[];
}

/**
 * Prepares a dataset: decodes every source image once and writes images of one size to one file, for training
 * at full speed; it may be larger than memory.
 *
 * @param nameOrPath the name of one of `datasets`, or a folder or archive of images
 * @returns null if the signal stopped it
 * @throws UserError if there is no such dataset, `size` is missing, the file already exists or cannot be
 *   written, or no images remain for training or for testing
 * @example
 * ```ts
 * import { prepareDataset } from 'emerging-flows/data';
 *
 * await prepareDataset('holiday', { size: 32, out: 'photos-32.images' });
 * ```
 */
export async function prepareDataset(
  nameOrPath: string,
  options: PrepareDatasetOptions = {},
): Promise<PreparedDataset | null> {
  const {
    crop = 'center',
    validation = 0.05,
    leastDeviation = defaultLeastDeviation,
    out,
    limit,
    onProgress,
    onWarning,
    ...otherOptions
  } = options;
  requireArgument(
    typeof nameOrPath === 'string',
    "prepareDataset needs the name or the path of a dataset, such as prepareDataset('photos', { size: 32 })",
  );
  const named = datasets.find(({ name }) => name === nameOrPath);
  const size = options.size ?? named?.imageShape[0];
  const channels = options.channels ?? (named?.imageShape[2] === 1 ? 1 : 3);
  if (size === undefined) {
    throw new UserError(
      'invalid-argument',
      phrase`choose an image size for ${nameOrPath}, for example ${option('size', 32)}`,
    );
  }
  requireFit({ size, channels, crop, bits: otherOptions.bits }, { leastDeviation, validation });
  const hasNativeShape =
    named !== undefined &&
    crop !== 'tiles' &&
    limit === undefined &&
    showImageShape([size, size, channels]) === showImageShape(named.imageShape);
  const file =
    out ?? join(dataFolders()[0], hasNativeShape ? preparedName(named) : fileName(nameOrPath, size));
  requireFree(file);
  if (out === undefined) {
    writableDataFolder().files.requireNoLink(file);
  }
  requireWritable(file);
  const original = await openRawDataset(nameOrPath);
  const dataset = limit === undefined ? original : await limited(original, limit, nameOrPath);
  const total = await countPictures(dataset);
  onProgress?.(0, total);
  const { warnings = [], whyNoLabels } = dataset;
  const unlabelled = whyNoLabels === undefined ? [] : [`the images get no class labels: ${whyNoLabels}`];
  for (const warning of [...warnings, ...unlabelled]) {
    onWarning?.(warning);
  }
  // Another process may have written it meanwhile.
  const target = packedTarget(file, () => requireFree(file));
  const prepared = await prepare(dataset, target, {
    ...otherOptions,
    crop,
    validation,
    leastDeviation,
    size,
    channels,
    limit,
    source: nameOrPath,
    onProgress: (pictures) => onProgress?.(pictures, total),
  });
  return prepared && { file, name: hasNativeShape && out === undefined ? nameOrPath : file, ...prepared };
}

/** `emoji-64.images` for the folder `some/where/emoji`. */
function fileName(nameOrPath: string, size: number): string {
  const name = basename(resolve(nameOrPath));
  return `${basename(name, extname(name)) || 'images'}-${size}.images`;
}

/** Refuses to overwrite an existing file, which may have taken hours to prepare. */
function requireFree(file: string): void {
  if (exists(file)) {
    throw new UserError(
      'exists',
      phrase`${file} already exists: choose another file with ${option('out', 'FILE')}, or remove it`,
    );
  }
}
