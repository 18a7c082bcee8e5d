// The labels of a folder of IDX files with MNIST's names.
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { exists } from '../../storage/files.ts';
import { maxFileBytes, requireSize } from '../contract/archive.ts';
import type { Part } from '../contract/dataset.ts';
import { readIdxFile } from '../formats/idx.ts';

const fileOf: Readonly<Record<Part, string>> = {
  train: 'train-labels-idx1-ubyte',
  test: 't10k-labels-idx1-ubyte',
};

/** The labels of both parts. */
export interface IdxLabels {
  /** The names of the classes. */
  readonly classes: readonly string[];
  /** The number of the class of each image, and the file that it is from. */
  readonly parts: Readonly<Record<Part, { readonly file: string; readonly numbers: Uint8Array }>>;
}

/**
 * The labels in a folder, uncompressed or as `.gz`.
 *
 * @param names the names of the classes; by default their numbers, up to the largest label
 * @returns undefined if there are none; a text that names the missing file if only one part has labels
 * @throws UserError if a file is corrupt
 */
export async function readIdxLabels(
  folder: string,
  names?: readonly string[],
): Promise<IdxLabels | string | undefined> {
  const [train, test] = [await readPart(folder, fileOf.train), await readPart(folder, fileOf.test)];
  if (train === undefined || test === undefined) {
    const missing = train === undefined ? fileOf.train : fileOf.test;
    return train === test ? undefined : `${missing} is missing (uncompressed or as .gz)`;
  }
  const most = [train, test].reduce(
    (largest, { numbers }) => numbers.reduce((a, b) => Math.max(a, b), largest),
    0,
  );
  const classes = names ?? Array.from({ length: most + 1 }, (_, number) => String(number));
  return { classes, parts: { train, test } };
}

async function readPart(
  folder: string,
  name: string,
): Promise<{ file: string; numbers: Uint8Array } | undefined> {
  const file = [join(folder, name), join(folder, `${name}.gz`)].find((path) => exists(path));
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
