// A folder of IDX files with MNIST's names: any number of grey images of any one size.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Phrase, phrase, UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { cannotRead, hasCode } from '../../storage/fileErrors.ts';
import { exists } from '../../storage/files.ts';
import { type Budget, maxLoadedBytes } from '../contract/budget.ts';
import {
  type DatasetSource,
  type ImageSet,
  imagesInMemory,
  type Part,
  type PathFormat,
} from '../contract/dataset.ts';
import { labelled } from '../contract/labels.ts';
import { readIdxFile } from '../formats/idx.ts';
import { type IdxLabels, readIdxLabels } from './idxLabels.ts';

const trainFile = 'train-images-idx3-ubyte';
const testFile = 't10k-images-idx3-ubyte';
const fileOf: Readonly<Record<Part, string>> = { train: trainFile, test: testFile };
/** The memory that an image takes in addition to its pixels. */
const imageOverhead = 256;

/**
 * A folder with `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte`, and the labels of both if it has
 * `train-labels-idx1-ubyte` and `t10k-labels-idx1-ubyte`, each uncompressed or as `.gz`.
 */
export const idxFolder = {
  async recognises(path) {
    const names = await readdir(path).catch((error: unknown): string[] => {
      if (hasCode(error, 'ENOTDIR')) {
        return [];
      }
      throw cannotRead(path, error);
    });
    return [trainFile, testFile].some((file) => names.includes(file) || names.includes(`${file}.gz`));
  },

  open: (path) => openIdxFolder(path),
  openPart: (path, part) => openIdxPart(path, part),
} as const satisfies PathFormat;

/**
 * Opens such a folder.
 *
 * @param classes the names of the classes; by default their numbers
 * @throws UserError if a file is missing or corrupt, or there are not as many labels as images
 */
export async function openIdxFolder(path: string, classes?: readonly string[]): Promise<DatasetSource> {
  const labels = await readIdxLabels(path, classes);
  const train = await readImages(path, 'train', labels);
  const test = await readImages(path, 'test', labels, imageSetBytes(train.count, train.imageShape));
  const [trainSize, testSize] = [train, test].map(
    ({ imageShape: [height, width] }) => `${height} x ${width}`,
  );
  if (trainSize !== testSize) {
    throw new UserError(
      'invalid-data',
      `${path}: all images must have the same size, but ${trainFile} has ${trainSize}, ${testFile} ${testSize}`,
    );
  }
  return { train, test, ...(typeof labels === 'string' && { whyNoLabels: labels }) };
}

/** Opens one part of such a folder, as `openIdxFolder` does. */
export async function openIdxPart(path: string, part: Part, classes?: readonly string[]): Promise<ImageSet> {
  return readImages(path, part, await readIdxLabels(path, classes));
}

/**
 * Returns the folder if it contains both files.
 *
 * @throws UserError with the name of the missing one and `remedy`, what to do about it
 */
export async function requireIdxFiles(folder: string, remedy: string | Phrase): Promise<string> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw cannotRead(folder, error);
  });
  const missing = [trainFile, testFile].find(
    (file) => !names.includes(file) && !names.includes(`${file}.gz`),
  );
  if (missing !== undefined) {
    throw new UserError('invalid-data', phrase`${missingFile(folder, missing)}; ${remedy}`);
  }
  return folder;
}

/**
 * Reads the uncompressed file if there is one, otherwise the gzipped one.
 *
 * @param otherPartBytes the memory that the other part takes
 */
async function readImages(
  folder: string,
  part: Part,
  labels: IdxLabels | string | undefined,
  otherPartBytes = 0,
): Promise<ImageSet> {
  const name = fileOf[part];
  const file = [join(folder, name), join(folder, `${name}.gz`)].find((path) => exists(path));
  if (file === undefined) {
    throw new UserError('invalid-data', missingFile(folder, name));
  }
  const { shape, data } = await readIdxFile(file, (announced, budget) =>
    requireImages(announced, file, budget, otherPartBytes),
  );
  const [, height, width] = shape as ImageShape;
  const images = imagesInMemory(data, [height, width, 1]);
  if (labels === undefined || typeof labels === 'string') {
    return images;
  }
  const { numbers, file: labelsFile } = labels.parts[part];
  return labelled(images, labels.classes, numbers, labelsFile);
}

/** Checks the shape of an array of images, before it is read. */
function requireImages(shape: readonly number[], file: string, budget: Budget, otherPartBytes: number): void {
  const [count, height, width] = shape;
  if (shape.length !== 3 || count === undefined || height === undefined || width === undefined) {
    throw new UserError(
      'invalid-data',
      `${file}: expected 3 dimensions (images, height, width), found ${shape.length}: ${shape.join(' x ')}`,
    );
  }
  budget.spend(count, 'images');
  if (otherPartBytes + imageSetBytes(count, [height, width, 1]) > maxLoadedBytes) {
    throw new UserError(
      'not-ready',
      `${file}: more images than fit into memory: divide them among several folders, or write them as train.npy and test.npy and prepare that folder`,
    );
  }
}

function imageSetBytes(count: number, [height, width]: ImageShape): number {
  return count * (height * width + imageOverhead);
}

function missingFile(folder: string, name: string): string {
  return `${folder}: ${name} is missing (uncompressed or as .gz)`;
}
