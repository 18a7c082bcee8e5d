// The named datasets and the formats of users' own images, and how they are opened.
import { nearestNames, UserError, unknownName } from '../core/errors.ts';
import { type ImageShape, requireArgument } from '../core/numeric/index.ts';
import { readConditionTable } from './conditions/conditionTable.ts';
import { imagesWithTable, sourceWithTable } from './conditions/table.ts';
import type { WantedConditions } from './contract/conditions.ts';
import {
  type Dataset,
  defaultValidation,
  firstImages,
  type HoldOut,
  type ImageSet,
  type Split,
  type ValidationShare,
} from './contract/dataset.ts';
import {
  type NamedDataset,
  type PathFormat,
  type RawDataset,
  type RawOptions,
  toRawDataset,
} from './contract/rawImages.ts';
import { exists, isFolder } from './files/files.ts';
import { filesBelow, listFolder, parentFolder, pathIn } from './files/folders.ts';
import { openArchive, openingOnce, requireNoLinksOut, storeKind } from './formats/archives.ts';
import { imageFormats, isImageName } from './formats/imageDecoding.ts';
import { createDataset, holdOutValidation } from './heldOut.ts';
import { packedFile } from './packed/packedFile.ts';
import { ofBits } from './pixels/values.ts';
import { pointFiles } from './pointFiles.ts';
import { cifar10Files } from './sets/cifar10.ts';
import { findInDataFolders, findPrepared, openPrepared, unprepared } from './sets/dataFolder.ts';
import { galaxy } from './sets/galaxy.ts';
import { imagenet32, imagenet64 } from './sets/imagenet.ts';
import { fashionMnist, mnist } from './sets/mnist.ts';
import { type DatasetRecord, datasetRecords } from './sets/records.ts';
import { idxFolder } from './sources/idxFolder.ts';
import { isOfSize, loadImages, loadSplit } from './sources/loadImages.ts';
import { partFiles } from './sources/partFiles.ts';
import { storedImages } from './sources/storedImages.ts';

/** A folder or archive with images at any depth; other files are ignored. */
export const imageCollection: PathFormat = {
  async recognises(path, storeAt = openArchive) {
    if ((await storeKind(path)) === undefined) {
      return false;
    }
    // One is enough: the rest of the archive need not be read.
    for await (const _ of (await storeAt(path)).files((name) => isImageName(name))) {
      return true;
    }
    return false;
  },

  open: async (path, storeAt = openArchive, options) => storedImages(await storeAt(path), options),
};

/** Every format that can be opened by path; the first that recognises a path opens it. */
const pathFormats: Readonly<Record<string, PathFormat>> = {
  idx: idxFolder,
  packed: packedFile,
  cifar10: cifar10Files,
  points: pointFiles,
  parts: partFiles,
  images: imageCollection,
};

const ownReaders: readonly NamedDataset[] = [mnist, fashionMnist, galaxy, imagenet32, imagenet64];

/** Every named dataset. */
export const datasets: readonly NamedDataset[] = Object.values(datasetRecords).map(
  (record: DatasetRecord) => ownReaders.find(({ name }) => name === record.name) ?? inItsFormat(record),
);

/** A dataset whose files are in one of the formats that can be opened by path. */
function inItsFormat(record: DatasetRecord): NamedDataset {
  const { name, candidates = [name], from = record.source } = record;
  const format = pathFormats[record.format ?? ''];
  if (format === undefined) {
    throw new Error(`the dataset ${name} has neither a reader nor a format`);
  }
  const locate = (): Promise<string> => findInDataFolders({ ...record, candidates, from });
  return { ...record, locate, open: async () => format.open(await locate()) };
}

/**
 * Opens a dataset by name (one of `datasets`) or by path, which is then its name. If a named dataset has been
 * prepared into a data folder, the prepared file is opened.
 *
 * `validation` is the share of the training images to hold out: `auto`, the default, or a fraction in [0, 1), where 0 holds
 * out none. It is ignored if the publisher has validation images. Images with names are held out by name, except in named
 * datasets, so that results on them stay comparable; `holdOut` repeats the split of an earlier call.
 *
 * With `conditions`, the images get the conditions in their file: `from`, or else the one next to them, such as
 * `conditions.csv` in their folder or `maps.conditions.npy` next to `maps.npy`.
 *
 * Images of 16 bits are rounded to 8 if `bits`, the model's bit depth, is 8 or less.
 *
 * Throws UserError for an unknown name, a path without a dataset, corrupt files, or an invalid fraction.
 *
 * @example
 * ```ts
 * import { openDataset } from 'emerging-flows/data';
 *
 * const { train, validation, test } = await openDataset('photos'); // a folder of images of one size
 * console.log(train.count, validation.count, test.count, train.imageShape);
 * ```
 */
export async function openDataset(
  nameOrPath: string,
  {
    validation = defaultValidation,
    holdOut,
    conditions,
    bits,
  }: {
    validation?: ValidationShare | undefined;
    holdOut?: HoldOut | undefined;
    conditions?: WantedConditions | undefined;
    bits?: number | undefined;
  } = {},
): Promise<Dataset> {
  requireArgument(
    typeof nameOrPath === 'string',
    "openDataset needs the name or the path of a dataset, such as openDataset('mnist')",
  );
  const { open, locate } = await find(nameOrPath);
  const table = conditions && (await readConditionTable(await locate(), conditions));
  const { train, validation: ownValidation, test, ...details } = await loadImages(await open(), nameOrPath);
  const source = {
    ...details,
    train: ofBits(train, bits),
    ...(ownValidation && { validation: ofBits(ownValidation, bits) }),
    test: ofBits(test, bits),
  };
  const withTable = table ? sourceWithTable(source, table, conditions?.names) : source;
  return createDataset(nameOrPath, withTable, { validation, holdOut: ruleFor(nameOrPath, holdOut) });
}

/** How one split of a dataset is opened. */
export interface SplitOptions {
  /** The share of the training images to hold out, as for `openDataset`. */
  readonly validation: ValidationShare;
  /** How they are held out, as for `openDataset`. */
  readonly holdOut?: HoldOut | undefined;
  /** Which conditions the images have, as for `openDataset`. */
  readonly conditions?: WantedConditions | undefined;
  /** The image shape of the model it is used with: if that has colour, grey images become colour. */
  readonly like?: ImageShape;
  /** The bits of the model: images of 16 are rounded to 8 if it takes no more. */
  readonly bits?: number | undefined;
  /** If the images differ from `like` in height or width, read only the first: the caller then refuses them. */
  readonly oneIfOther?: boolean;
  /** The number of images to open, from the first; all by default. */
  readonly most?: number | undefined;
}

/**
 * Opens one split of a dataset as `openDataset` does. No image of another split is decoded, unless the split
 * is held out from it: test images can be read even if training images are corrupt.
 */
export async function openSplit(nameOrPath: string, split: Split, options: SplitOptions): Promise<ImageSet> {
  return readSplit(await openSplits(nameOrPath, options), nameOrPath, split, options);
}

/**
 * Opens images to compare others with: the validation images of a dataset or, if neither folders nor files divide its images,
 * all of them.
 */
export async function openReference(
  nameOrPath: string,
  options: SplitOptions,
): Promise<{ readonly images: ImageSet; readonly isUndivided: boolean }> {
  const opened = await openSplits(nameOrPath, { ...options, undivided: 'unless-published' });
  const isUndivided = opened.dataset.whyUndivided !== undefined;
  const images = isUndivided
    ? ofBits(await opened.read('train', options.most), options.bits)
    : await readSplit(opened, nameOrPath, 'validation', options);
  return { images, isUndivided };
}

async function readSplit(
  { dataset, read }: OpenSplits,
  nameOrPath: string,
  split: Split,
  { validation, holdOut, like: imageShape, bits, most: limit, oneIfOther }: SplitOptions,
): Promise<ImageSet> {
  const isDivided = split !== 'test' && !dataset.validation && (split === 'validation' || validation !== 0);
  const splitImages = ofBits(await (isDivided ? read('train') : read(split, limit)), bits);
  if (oneIfOther && imageShape && !isOfSize(splitImages.imageShape, imageShape)) {
    return splitImages;
  }
  const images = isDivided
    ? holdOutValidation(splitImages, validation, ruleFor(nameOrPath, holdOut))[split]
    : splitImages;
  return limit === undefined ? images : firstImages(images, limit);
}

/** Published results on named datasets are on the images held out by position. */
function ruleFor(nameOrPath: string, holdOut: HoldOut | undefined): HoldOut | undefined {
  return datasets.some(({ name }) => name === nameOrPath) ? { by: 'position' } : holdOut;
}

/** A dataset whose splits are read one by one. */
interface OpenSplits {
  readonly dataset: RawDataset;
  /** Reads a split without the others, if possible; only its first `limit` images if that saves work. */
  read(name: Split, limit?: number): Promise<ImageSet>;
}

async function openSplits(
  nameOrPath: string,
  {
    like: imageShape,
    oneIfOther,
    undivided,
    conditions,
  }: Pick<SplitOptions, 'like' | 'oneIfOther' | 'conditions'> & RawOptions,
): Promise<OpenSplits> {
  const { open, locate } = await find(nameOrPath);
  const table = conditions && (await readConditionTable(await locate(), conditions));
  // Rows in the order of all images: their number must be known.
  const isInOrder = table !== undefined && table.files === undefined;
  const raw = await open(isInOrder ? {} : { undivided });
  const dataset = isInOrder
    ? toRawDataset(sourceWithTable(await loadImages(raw, nameOrPath), table, conditions?.names))
    : raw;
  return {
    dataset,
    async read(name, limit) {
      const { classes } = dataset;
      const wanted = { source: nameOrPath, name, classes, most: limit, like: imageShape, oneIfOther };
      const images = await loadSplit(dataset[name]!, wanted);
      const isRefused = oneIfOther && imageShape && !isOfSize(images.imageShape, imageShape);
      return table === undefined || isInOrder || isRefused
        ? images
        : imagesWithTable(images, table, conditions?.names);
    },
  };
}

/**
 * Opens the images of a dataset as stored on disk, of any size and number: for preparing it.
 *
 * Throws UserError as `openDataset` does.
 */
export async function openRawDataset(nameOrPath: string, options?: RawOptions): Promise<RawDataset> {
  const named = datasets.find(({ name }) => name === nameOrPath);
  return named?.toPrepare ? named.open() : (await find(nameOrPath)).open(options);
}

interface Found {
  /** The path of its file or folder. */
  locate(): Promise<string>;
  open(options?: RawOptions): Promise<RawDataset>;
}

async function find(nameOrPath: string): Promise<Found> {
  const named = datasets.find(({ name }) => name === nameOrPath);
  if (named === undefined) {
    return findAt(nameOrPath);
  }
  const prepared = await findPrepared(named);
  if (prepared !== undefined) {
    return { locate: async () => prepared, open: () => openPrepared(named, prepared) };
  }
  if (named.toPrepare) {
    throw new UserError('not-ready', unprepared(named, await named.locate()));
  }
  return named;
}

/** The error for a path or name without a dataset, with similar ones. */
function notFound(path: string): UserError {
  const beside = pathsBeside(path);
  // With a slash it can only be meant as a path.
  if (/[/\\]/.test(path)) {
    const near = nearestNames(path, beside);
    const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
    return new UserError('not-found', `dataset '${path}': no such file or folder${hint}`);
  }
  const names = datasets.map(({ name }) => name);
  const suggested = nearestNames(path, names).length > 0 ? names : [...nearestNames(path, beside), ...names];
  return unknownName('file, folder or dataset', path, suggested);
}

/** The names in the folder of a missing path; none if the folder can't be listed. */
function pathsBeside(path: string): string[] {
  const parent = parentFolder(path);
  try {
    return isFolder(parent) ? listFolder(parent).map((name) => pathIn(parent, name)) : [];
  } catch (error) {
    if (error instanceof UserError) {
      return [];
    }
    throw error;
  }
}

async function findAt(path: string): Promise<Found> {
  if (!exists(path)) {
    throw notFound(path);
  }
  const openArchive = openingOnce();
  if (isFolder(path)) {
    const folder = await openArchive(path);
    await folder.names();
    requireNoLinksOut(path, folder.linksOut?.() ?? []);
  }
  for (const { recognises, open } of Object.values(pathFormats)) {
    if (await recognises(path, openArchive)) {
      return { locate: async () => path, open: (options) => open(path, openArchive, options) };
    }
  }
  throw new UserError('invalid-data', `dataset '${path}': ${whyNot(path)}`);
}

/** Why no format recognises a file or folder, and what to do. */
function whyNot(path: string): string {
  if (!isFolder(path)) {
    return 'neither an archive (.zip, .tar, .tar.gz) nor an array (.npy, .npz, .parquet) of images or points, nor a table (.csv) of points, nor a prepared file; name one, or a folder';
  }
  const { files } = filesBelow(path);
  const packed = files.find((name) => /\.(fits?|fts|npy)\.(gz|fz|bz2|z)$/i.test(name));
  if (packed !== undefined) {
    return `its files are compressed, such as ${packed}: unpack them first, .gz with gunzip and .fz with funpack`;
  }
  return files.length === 0
    ? `the folder is empty; put ${imageFormats} images into it`
    : `no images found in the folder, which has files of other kinds; put ${imageFormats} images into it`;
}
