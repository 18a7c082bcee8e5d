// A folder of IDX files with MNIST's names: any number of grey images of any one size.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Phrase, phrase, UserError } from '../../errors.ts';
import { readWhole } from '../../storage/fileBytes.ts';
import { cannotRead, hasCode } from '../../storage/fileErrors.ts';
import { exists } from '../../storage/files.ts';
import { Budget } from '../budget.ts';
import { type DatasetSource, type ImageSet, imagesInMemory, type Part, type PathFormat } from '../dataset.ts';
import { readIdx } from '../formats/idx.ts';

const trainFile = 'train-images-idx3-ubyte';
const testFile = 't10k-images-idx3-ubyte';
const fileOf: Readonly<Record<Part, string>> = { train: trainFile, test: testFile };

/** A folder with `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte`, each uncompressed or as `.gz`. */
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

  async open(path): Promise<DatasetSource> {
    const train = await readImages(path, trainFile);
    const test = await readImages(path, testFile);
    const [trainSize, testSize] = [train, test].map(
      ({ imageShape: [height, width] }) => `${height} x ${width}`,
    );
    if (trainSize !== testSize) {
      throw new UserError(
        'invalid-data',
        `${path}: all images must have the same size, but ${trainFile} has ${trainSize}, ${testFile} ${testSize}`,
      );
    }
    return { train, test };
  },

  openPart: (path, part) => readImages(path, fileOf[part]),
} as const satisfies PathFormat;

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

/** Reads the uncompressed file if there is one, otherwise the gzipped one. */
async function readImages(folder: string, name: string): Promise<ImageSet> {
  for (const file of [join(folder, name), join(folder, `${name}.gz`)]) {
    if (exists(file)) {
      const bytes = await readWhole(file);
      const budget = new Budget(file, bytes.length);
      const { shape, data } = readIdx(bytes, file, budget);
      const [, height, width] = shape;
      if (shape.length !== 3 || height === undefined || width === undefined) {
        throw new UserError(
          'invalid-data',
          `${file}: expected 3 dimensions (images, height, width), found ${shape.length}: ${shape.join(' x ')}`,
        );
      }
      budget.spend(shape[0]!, 'images');
      return imagesInMemory(data, [height, width, 1]);
    }
  }
  throw new UserError('invalid-data', missingFile(folder, name));
}

function missingFile(folder: string, name: string): string {
  return `${folder}: ${name} is missing (uncompressed or as .gz)`;
}
