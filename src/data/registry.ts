// The one list of datasets and of the forms a person's own images may have, and how either is opened.
import { UserError, unknownName } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { exists } from '../storage/files.ts';
import {
  type Dataset,
  type DatasetSource,
  firstImages,
  type ImageSet,
  type NamedDataset,
  type PathFormat,
} from './dataset.ts';
import { openingOnce } from './formats/storedFiles.ts';
import { packedFile } from './packed/packedFile.ts';
import type { RawDataset } from './rawImages.ts';
import { cifar10, cifar10Files } from './sets/cifar10.ts';
import { unprepared } from './sets/datasetPlace.ts';
import { fashionMnist } from './sets/fashionMnist.ts';
import { galaxy } from './sets/galaxy.ts';
import { imagenet32, imagenet64 } from './sets/imagenet.ts';
import { mnist } from './sets/mnist.ts';
import { findPrepared, openPrepared } from './sets/preparedSet.ts';
import { idxFolder } from './sources/idxFolder.ts';
import { imageCollection } from './sources/imageCollection.ts';
import { loadSplit } from './sources/loadImages.ts';
import { rawOf } from './sources/openedImages.ts';
import { partFiles } from './sources/partFiles.ts';
import type { Split } from './sources/splitOfName.ts';
import { holdOutValidation } from './validation.ts';

/** Every dataset that has a name. */
export const datasets: readonly NamedDataset[] = [
  mnist,
  fashionMnist,
  galaxy,
  cifar10,
  imagenet32,
  imagenet64,
];

/** Every form of dataset that can be given as a path; the first that recognises it opens it. */
const pathFormats: readonly PathFormat[] = [idxFolder, packedFile, cifar10Files, partFiles, imageCollection];

/**
 * Opens a dataset: one of `datasets` by its name, else what lies at the path, which then is its name. A file in a data
 * folder that was prepared of a set by name is opened in its place.
 *
 * `validation` is the fraction of the training images to hold out, in [0, 1); 0 holds out none. A publisher's own
 * validation images are taken in place of it.
 * Throws UserError for an unknown name, a path that holds no dataset, damaged files, or a bad fraction.
 */
export async function openDataset(nameOrPath: string, options: { validation: number }): Promise<Dataset> {
  const { open } = await find(nameOrPath);
  const source = await open();
  const heldOut = source.validation
    ? { train: source.train, validation: source.validation }
    : { ...holdOutValidation(source.train, options.validation), isHeldOut: true };
  return {
    name: nameOrPath,
    imageShape: source.train.imageShape,
    ...heldOut,
    test: source.test,
    ...(source.warnings && { warnings: source.warnings }),
    ...(source.notes && { notes: source.notes }),
  };
}

/** How one split of a dataset is opened. */
export interface SplitOptions {
  /** The fraction of the training images to hold out, as for `openDataset`. */
  readonly validation: number;
  /** The shape of the images that the split is for: where it has colour, grey pictures become colour. */
  readonly like?: ImageShape;
  /** Only so many images, the first; by default all. */
  readonly most?: number | undefined;
}

/**
 * Opens one split of a dataset as `openDataset` does. No picture of another split is decoded, unless the split is held
 * out of it: the test images of a set can be read where its training images are damaged.
 */
export async function openSplit(
  nameOrPath: string,
  split: Split,
  { validation, like, most }: SplitOptions,
): Promise<ImageSet> {
  const read = await readersOf(nameOrPath, like);
  const isDivided =
    split !== 'test' && read.validation === undefined && (split === 'validation' || validation !== 0);
  const images = isDivided
    ? holdOutValidation(await read.train(), validation)[split]
    : await read[split]!(most);
  return most === undefined ? images : firstImages(images, most);
}

/** Reads a split; only the first `most` images where that is less work. */
type SplitReader = (most?: number) => Promise<ImageSet>;

/** What reads each split, the others left alone where they can be; `validation` is there where the publisher has such. */
async function readersOf(
  nameOrPath: string,
  like: ImageShape | undefined,
): Promise<{ train: SplitReader; validation?: SplitReader; test: SplitReader }> {
  const { open, openRaw, openPart } = await find(nameOrPath);
  if (openPart) {
    return { train: () => openPart('train'), test: () => openPart('test') };
  }
  const source = await (openRaw ?? open)();
  const reader =
    (name: Split): SplitReader =>
    async (most) => {
      const split = source[name]!;
      return 'read' in split ? split : loadSplit(split, { source: nameOrPath, name, like, most });
    };
  return {
    train: reader('train'),
    ...(source.validation && { validation: reader('validation') }),
    test: reader('test'),
  };
}

/**
 * Opens the images of a dataset as they lie on the disk, of any size and number: to prepare it.
 *
 * Throws UserError as `openDataset` does.
 */
export async function openRawDataset(nameOrPath: string): Promise<RawDataset> {
  const named = datasets.find(({ name }) => name === nameOrPath);
  if (named?.openRaw) {
    return named.openRaw();
  }
  const { open, openRaw } = await find(nameOrPath);
  return openRaw ? openRaw() : rawOf(await open());
}

/** The ways to open what has been found, as a `NamedDataset` has them. */
interface Found {
  open(): Promise<DatasetSource>;
  openPart?: NamedDataset['openPart'] | undefined;
  openRaw?: NamedDataset['openRaw'] | undefined;
}

async function find(nameOrPath: string): Promise<Found> {
  const named = datasets.find(({ name }) => name === nameOrPath);
  if (named === undefined) {
    return findAt(nameOrPath);
  }
  const prepared = await findPrepared(named);
  if (prepared !== undefined) {
    return { open: () => openPrepared(named, prepared) };
  }
  const { open, openPart, openRaw } = named;
  if (open === undefined) {
    throw new UserError('not-ready', unprepared(named, await named.locate()));
  }
  return { open, openPart, openRaw };
}

async function findAt(path: string): Promise<Found> {
  if (!exists(path)) {
    // Nobody who writes a slash means one of the names.
    throw /[/\\]/.test(path)
      ? new UserError('not-found', `dataset '${path}': no such file or folder`)
      : unknownName(
          'file, folder or dataset',
          path,
          datasets.map(({ name }) => name),
        );
  }
  const openStore = openingOnce();
  for (const { recognises, open, openPart, openRaw } of pathFormats) {
    if (await recognises(path, openStore)) {
      return {
        open: () => open(path, openStore),
        openPart: openPart && ((part) => openPart(path, part, openStore)),
        openRaw: openRaw && (() => openRaw(path, openStore)),
      };
    }
  }
  const expected = pathFormats.map(({ expects }) => expects).join(', or ');
  throw new UserError('invalid-data', `dataset '${path}': no known form of images; expected ${expected}`);
}
