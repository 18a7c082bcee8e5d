// Conditions in NumPy arrays: numbers or images, a row for each index of the first axis.
import { UserError } from '../../errors.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import type { Values } from '../../numeric/values.ts';
import { withFile } from '../../storage/files.ts';
import { inMemory, type RandomAccess, readAhead } from '../../storage/randomAccess.ts';
import { requireSize } from '../contract/archive.ts';
import { Budget } from '../contract/budget.ts';
import { readElements } from '../formats/elements.ts';
import { readNpyHeader } from '../formats/npy.ts';
import { readZipEntry } from '../formats/zip.ts';
import { readZipDirectory } from '../formats/zipDirectory.ts';
import { countNotFinite, NotFiniteValues } from '../pixels/finite.ts';
import { type ConditionColumn, type ConditionTable, maxRows } from './table.ts';

/** The most bytes of a .npy file, or of all arrays in an .npz file: 512 MiB. */
const maxArrayBytes = 2 ** 29;
/** The most arrays in an .npz file; models take at most 256 components. */
const maxArrays = 2 ** 12;

/**
 * Reads the array in a .npy file, or the arrays in an .npz file, which have the names of their columns.
 *
 * @param name the name of the array in a .npy file
 * @param areImages whether an array of two dimensions is one image instead of a row of numbers for each image
 * @throws UserError (`invalid-data`) if it is corrupt, too large, not of this kind, or has values that are NaN or infinite
 */
export async function readArrayTable(path: string, name: string, areImages = false): Promise<ConditionTable> {
  const found = await withFile(path, (file) =>
    /\.npz$/i.test(path)
      ? arraysIn(readAhead(file), path, areImages)
      : arrayIn(file, path, { name, areImages }).then((one) => [one]),
  );
  const [{ rows }] = found as [Read];
  const other = found.find((one) => one.rows !== rows);
  if (other) {
    throw new UserError(
      'mismatch',
      `${path}: ${other.name} has ${other.rows} rows, but ${found[0]!.name} ${rows}: give a row of each for each image`,
    );
  }
  return { path, rows, columns: found };
}

interface Read extends ConditionColumn {
  readonly rows: number;
}

async function arraysIn(file: RandomAccess, path: string, areImages: boolean): Promise<Read[]> {
  const budget = new Budget(path, file.size).pass();
  const entries = (await readZipDirectory(file, path)).filter(({ name }) => name.endsWith('.npy'));
  if (entries.length === 0) {
    throw new UserError('invalid-data', `${path}: it contains no arrays: write them with numpy.savez`);
  }
  if (entries.length > maxArrays) {
    throw new UserError(
      'invalid-data',
      `${path}: ${entries.length} arrays are too many, at most ${maxArrays}: put several conditions into one array`,
    );
  }
  requireSize(
    entries.reduce((sum, { size }) => sum + size, 0),
    maxArrayBytes,
    path,
  );
  const found: Read[] = [];
  for (const entry of entries) {
    const bytes = await readZipEntry(file, entry, path, { budget });
    const where = `${path}: ${entry.name}`;
    const name = entry.name.replace(/\.npy$/, '');
    found.push(await arrayIn(inMemory(bytes, where), where, { name, areImages }));
  }
  return found;
}

async function arrayIn(
  file: RandomAccess,
  path: string,
  { name, areImages }: { readonly name: string; readonly areImages: boolean },
): Promise<Read> {
  requireSize(file.size, maxArrayBytes, path);
  const { shape: stored, offset, ...type } = await readNpyHeader(file, path);
  const shape = areImages && stored.length === 2 ? [1, ...stored] : stored;
  if (shape.length < 1 || shape.length > 4) {
    throw new UserError(
      'invalid-data',
      `${path}: an array of shape ${shape.join(' x ')} does not contain conditions: expected N, N x K, N x H x W or N x H x W x C`,
    );
  }
  const [rows = 0, ...row] = shape;
  if (rows > maxRows) {
    throw new UserError('invalid-data', `${path}: ${rows} rows are too many, at most ${maxRows}`);
  }
  const size = sizeOf(row);
  const { values } = readElements(await file.read(offset, file.size - offset), type, path);
  const rowAt = (index: number): Values => values.subarray(index * size, (index + 1) * size);
  if (countNotFinite(values) > 0) {
    const notFinite = new NotFiniteValues();
    for (let index = 0; index < rows; index++) {
      notFinite.add(String(index), rowAt(index));
    }
    notFinite.refuse(path, rows);
  }
  return { name, rows, shape: row, open: () => rowAt };
}
