// Files of points: CSV files and arrays N x D of real numbers, alone or in a folder with one for each split.
import { basename, join } from 'node:path';
import { shortText, UserError } from '../core/errors.ts';
import { readTableAt } from './conditions/conditionTable.ts';
import { type ImageSet, type Split, splitNames, subset } from './contract/dataset.ts';
import {
  type PathFormat,
  type RawDataset,
  type RawOptions,
  type RawSplit,
  splitOfSet,
} from './contract/rawImages.ts';
import { exists, isFolder, withFile } from './files/files.ts';
import { filesBelow } from './files/folders.ts';
import { isImageName } from './formats/imageDecoding.ts';
import { readNpyHeader } from './formats/npy.ts';
import { dividedPoints, pointSet } from './points.ts';
import { roundingWarning } from './sources/loadImages.ts';
import { nobodyDivided } from './sources/splitOfName.ts';

/** Points in a `.csv` or `.npy` file, or in `train.npy`, `test.npy` and perhaps `validation.npy` in a folder. */
export const pointFiles: PathFormat = {
  async recognises(path) {
    if (!isFolder(path)) {
      return isPointFile(path);
    }
    const file = fileOfSplit(path, 'train');
    return file !== undefined && !hasImageFolders(path) && isPointFile(file);
  },
  open: (path, _, options) => openPoints(path, options),
};

/** Whether a folder has images in folders: a table next to these lists labels. */
function hasImageFolders(path: string): boolean {
  return filesBelow(path).files.some((name) => isImageName(name) && basename(name) !== name);
}

/** Whether a file has points: a table, or an array N x D of real numbers. */
async function isPointFile(path: string): Promise<boolean> {
  if (/\.csv$/i.test(path)) {
    return true;
  }
  if (!/\.npy$/i.test(path)) {
    return false;
  }
  const { shape, type } = await withFile(path, (file) => readNpyHeader(file, path));
  return shape.length === 2 && type.startsWith('float');
}

/** The points in a file. */
interface ReadPoints {
  readonly points: ImageSet;
  readonly warnings: readonly string[];
}

/**
 * The points in a file, which are called by their positions, and warnings about them.
 *
 * @throws UserError (`invalid-data`) if it is corrupt, too large or not of numbers; `pointSet`'s errors
 */
export async function readPoints(path: string): Promise<ReadPoints> {
  const { rows, columns } = await readTableAt(path, { isPoints: true });
  if (rows === 0) {
    throw new UserError('invalid-data', `${path}: it has no rows: add points, or remove the file`);
  }
  const used = columns.map(({ shape: [size = 1], open }) => ({ size, read: open() }));
  const dimensions = used.reduce((total, { size }) => total + size, 0);
  const values = new Float32Array(rows * dimensions);
  for (let row = 0, offset = 0; row < rows; row++) {
    for (const { size, read } of used) {
      values.set(read(row), offset);
      offset += size;
    }
  }
  const rounding = Math.max(...columns.map(({ rounding = 0 }) => rounding));
  const names = columns.map(({ name }) => name);
  return {
    points: { ...pointSet(values, dimensions, path), ...(names.length === dimensions && { columns: names }) },
    warnings: rounding > 0 ? [roundingWarning(path, rounding, 'value')] : [],
  };
}

async function openPoints(path: string, { undivided }: RawOptions = {}): Promise<RawDataset> {
  const asSplit = (name: Split, points: ImageSet): RawSplit =>
    splitOfSet(name, async () => points, points.count);
  if (!isFolder(path)) {
    const { points, warnings } = await readPoints(path);
    const isWhole = undivided === 'unless-published';
    const { train, test } = isWhole
      ? { train: points, test: subset(points, []) }
      : dividedPoints(points, path);
    return {
      train: asSplit('train', train),
      test: asSplit('test', test),
      warnings,
      ...(isWhole && { whyUndivided: nobodyDivided }),
    };
  }
  const read = await Promise.all(
    splitNames.map(async (split) => {
      const file = fileOfSplit(path, split);
      return file === undefined ? undefined : { file, ...(await readPoints(file)) };
    }),
  );
  // Names begin with their file.
  const [train, validation, test] = read.map(
    (part) => part && { ...part.points, nameAt: (index: number) => `${basename(part.file)}/${index}` },
  );
  for (const part of [validation, test]) {
    if (part && part.imageShape[2] !== train!.imageShape[2]) {
      throw new UserError(
        'mismatch',
        `${path}: points of ${train!.imageShape[2]} numbers in one file and of ${part.imageShape[2]} in another: give all splits the same columns`,
      );
    }
  }
  const tables = read.flatMap((part) =>
    part?.points.columns ? [{ name: basename(part.file), columns: part.points.columns.join(', ') }] : [],
  );
  const other = tables.find(({ columns }) => columns !== tables[0]!.columns);
  if (other) {
    throw new UserError(
      'mismatch',
      `${path}: ${tables[0]!.name} has the columns ${shortText(tables[0]!.columns)}, but ${other.name} ${shortText(other.columns)}: give all splits the same columns, in the same order`,
    );
  }
  const divided = test ? { train: train!, test } : dividedPoints(train!, path);
  return {
    train: asSplit('train', divided.train),
    ...(validation && { validation: asSplit('validation', validation) }),
    test: asSplit('test', divided.test),
    warnings: read.flatMap((part) => part?.warnings ?? []),
  };
}

function fileOfSplit(folder: string, split: Split): string | undefined {
  return [`${split}.npy`, `${split}.csv`].map((name) => join(folder, name)).find(exists);
}
