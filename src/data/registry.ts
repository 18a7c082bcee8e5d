// The one list of datasets and of the forms a person's own images may have, and how either is opened.
import { UserError, unknownName } from '../errors.ts';
import { exists } from '../storage/files.ts';
import type { Dataset, DatasetSource, NamedDataset, PathFormat } from './dataset.ts';
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
import { rawOf } from './sources/openedImages.ts';
import { partFiles } from './sources/partFiles.ts';
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
  const named = datasets.find(({ name }) => name === nameOrPath);
  const source = await (named ? openNamed(named) : openPath(nameOrPath));
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

async function openNamed(named: NamedDataset): Promise<DatasetSource> {
  const prepared = await findPrepared(named);
  if (prepared !== undefined) {
    return openPrepared(named, prepared);
  }
  if (named.open) {
    return named.open();
  }
  throw new UserError('not-ready', unprepared(named, await named.locate()));
}

/**
 * Opens the images of a dataset as they lie on the disk, of any size and number: to prepare it.
 *
 * Throws UserError as `openDataset` does.
 */
export async function openRawDataset(nameOrPath: string): Promise<RawDataset> {
  const named = datasets.find(({ name }) => name === nameOrPath);
  if (named) {
    return named.openRaw ? named.openRaw() : rawOf(await openNamed(named));
  }
  const format = await formatOf(nameOrPath);
  return format.openRaw ? format.openRaw(nameOrPath) : rawOf(await format.open(nameOrPath));
}

async function openPath(path: string): Promise<DatasetSource> {
  return (await formatOf(path)).open(path);
}

async function formatOf(path: string): Promise<PathFormat> {
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
  for (const format of pathFormats) {
    if (await format.recognises(path)) {
      return format;
    }
  }
  const expected = pathFormats.map(({ expects }) => expects).join(', or ');
  throw new UserError('invalid-data', `dataset '${path}': no known form of images; expected ${expected}`);
}
