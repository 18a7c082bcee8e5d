// A folder of IDX files with MNIST's names: any number of grey images of any one size, and their labels.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Phrase, phrase, UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { type ImageSet, imagesInMemory, labelled } from '../contract/dataset.ts';
import { type PathFormat, type RawDataset, type RawSplit, splitOfSet } from '../contract/rawImages.ts';
import { type Budget, maxFileBytes, maxLoadedBytes, requireSize } from '../contract/reading.ts';
import { cannotRead, hasCode } from '../files/fileErrors.ts';
import { exists } from '../files/files.ts';
import { readIdxFile } from '../formats/idx.ts';

type Part = 'train' | 'test';

const imageFiles = { train: 'train-images-idx3-ubyte', test: 't10k-images-idx3-ubyte' } as const;
const labelFiles = { train: 'train-labels-idx1-ubyte', test: 't10k-labels-idx1-ubyte' } as const;
/** The memory that an image takes in addition to its pixels. */
const imageOverhead = 256;

/**
 * A folder with `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte`, and the labels of both if it has
 * `train-labels-idx1-ubyte` and `t10k-labels-idx1-ubyte`, each uncompressed or as `.gz`.
 */
export const idxFolder: PathFormat = {
  async recognises(path) {
    const names = await readdir(path).catch((error: unknown): string[] => {
      if (hasCode(error, 'ENOTDIR')) {
        return [];
      }
      throw cannotRead(path, error);
    });
    return Object.values(imageFiles).some((file) => isAmong(names, file));
  },

  open: (path) => openIdxFolder(path),
};

/**
 * Opens such a folder. Each part is read without the other.
 *
 * @param classes the names of the classes; by default their numbers
 * @throws UserError if a file of labels is corrupt; reading a part, if its file is missing or corrupt, or there are not as many
 *   labels as images
 */
export async function openIdxFolder(path: string, classes?: readonly string[]): Promise<RawDataset> {
  const labels = await readLabels(path, classes);
  const isLabelled = typeof labels === 'object';
  const loaded: Partial<Record<Part, ImageSet>> = {};
  const split = (part: Part, otherPart: Part): RawSplit =>
    splitOfSet(part, async () => {
      const otherImages = loaded[otherPart];
      const images = await readImages(
        path,
        part,
        otherImages ? imageSetBytes(otherImages.count, otherImages.imageShape) : 0,
      );
      loaded[part] = images;
      requireSameSize(path, loaded);
      if (!isLabelled) {
        return images;
      }
      const { numbers, file } = labels.parts[part];
      return labelled(images, labels.classes, numbers, file);
    });
  return {
    train: split('train', 'test'),
    test: split('test', 'train'),
    ...(isLabelled && { classes: labels.classes }),
    ...(typeof labels === 'string' && { whyNoLabels: labels }),
  };
}

function requireSameSize(path: string, { train, test }: Partial<Record<Part, ImageSet>>): void {
  const [trainSize, testSize] = [train, test].map(
    (images) => images && `${images.imageShape[0]} x ${images.imageShape[1]}`,
  );
  if (trainSize !== undefined && testSize !== undefined && trainSize !== testSize) {
    throw new UserError(
      'invalid-data',
      `${path}: all images must have the same size, but ${imageFiles.train} has ${trainSize}, ${imageFiles.test} ${testSize}`,
    );
  }
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
  const missing = Object.values(imageFiles).find((file) => !isAmong(names, file));
  if (missing !== undefined) {
    throw new UserError('invalid-data', phrase`${folder}: ${missingText(missing)}; ${remedy}`);
  }
  return folder;
}

function isAmong(names: readonly string[], file: string): boolean {
  return names.includes(file) || names.includes(`${file}.gz`);
}

/** The uncompressed file if there is one, otherwise the gzipped one. */
function fileIn(folder: string, name: string): string | undefined {
  return [join(folder, name), join(folder, `${name}.gz`)].find((path) => exists(path));
}

function missingText(file: string): string {
  return `${file} is missing (uncompressed or as .gz)`;
}

/** @param otherPartBytes the memory that the other part takes */
async function readImages(folder: string, part: Part, otherPartBytes: number): Promise<ImageSet> {
  const file = fileIn(folder, imageFiles[part]);
  if (file === undefined) {
    throw new UserError('invalid-data', `${folder}: ${missingText(imageFiles[part])}`);
  }
  const { shape, data } = await readIdxFile(file, (announced, budget) =>
    requireImages(announced, file, budget, otherPartBytes),
  );
  const [, height, width] = shape as ImageShape;
  return imagesInMemory(data, [height, width, 1]);
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

/** The numbers of the classes of images, and the file that they are from. */
interface PartLabels {
  readonly file: string;
  readonly numbers: Uint8Array;
}

/** The labels in a folder; undefined if there are none, or a text that names the missing file if only one part has some. */
async function readLabels(
  folder: string,
  names?: readonly string[],
): Promise<{ classes: readonly string[]; parts: Record<Part, PartLabels> } | string | undefined> {
  const [train, test] = [await readSplitLabels(folder, 'train'), await readSplitLabels(folder, 'test')];
  if (train === undefined || test === undefined) {
    const missing = labelFiles[train === undefined ? 'train' : 'test'];
    return train === test ? undefined : missingText(missing);
  }
  const largestNumber = [train, test].reduce(
    (largest, { numbers }) => numbers.reduce((a, b) => Math.max(a, b), largest),
    0,
  );
  const classes = names ?? Array.from({ length: largestNumber + 1 }, (_, number) => String(number));
  return { classes, parts: { train, test } };
}

async function readSplitLabels(folder: string, part: Part): Promise<PartLabels | undefined> {
  const file = fileIn(folder, labelFiles[part]);
  if (file === undefined) {
    return undefined;
  }
  const { data } = await readIdxFile(file, (shape) => {
    if (shape.length !== 1) {
      throw new UserError(
        'invalid-data',
        `${file}: expected 1 dimension (labels), found ${shape.length}: ${shape.join(' x ')}`,
      );
    }
    requireSize(shape[0]!, maxFileBytes, file);
  });
  return { file, numbers: data };
}
