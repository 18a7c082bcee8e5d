// Reads the conditions of images: from a CSV file, arrays, or images next to them.
import { basename, join } from 'node:path';
import { type Phrase, phrase, shortText, UserError } from '../../core/errors.ts';
import { countElements, countNonFinite, type Values } from '../../core/numeric/index.ts';
import type { WantedConditions } from '../contract/conditions.ts';
import { type ImageSet, readOne } from '../contract/dataset.ts';
import { Budget, maxFileBytes, requireSize } from '../contract/reading.ts';
import { inMemory, type RandomAccess, readAhead } from '../files/fileStore.ts';
import { exists, isFolder, readWhole, requireExists, textBlocks, withFile } from '../files/files.ts';
import { withoutEndSeparators } from '../files/folders.ts';
import { openArchive, requireNoLinksOut, storeKind } from '../formats/archives.ts';
import { isNumber, parseCsv } from '../formats/csv.ts';
import { readElements } from '../formats/elements.ts';
import { decodeImage, imageFormats, imageName, imagesAmong } from '../formats/imageDecoding.ts';
import { readNpyHeader } from '../formats/npy.ts';
import { readZipEntry } from '../formats/zip.ts';
import { readZipDirectory } from '../formats/zipDirectory.ts';
import { packedFile } from '../packed/packedFile.ts';
import { NotFiniteValues, notFinite } from '../pixels/values.ts';
import { loadImages, loadSplit } from '../sources/loadImages.ts';
import { readStoredImages, topFolder } from '../sources/storedImages.ts';
import { type ConditionColumn, type ConditionTable, maxRows } from './table.ts';

/** What the array of a source without names is called. */
const DEFAULT_NAME = 'condition';

const ARRAY = /\.np[yz]$/i;

/** The extensions of image files, which the names of their conditions leave out. */
const IMAGE_EXTENSION = /\.(images|csv|gz|zip|tar|tgz|npy|npz|parquet)$/i;

/**
 * Reads the table of the conditions of images.
 *
 * @param images the path of the images
 * @throws UserError (`not-found`) if there is none; (`invalid-data`) if there are several, or it is corrupt
 */
export function readConditionTable(images: string, wanted: WantedConditions): Promise<ConditionTable> {
  const { from, otherwise = ['name a file with data.conditions'] } = wanted;
  return readTableAt(from ?? tableBeside(images, otherwise), wanted);
}

/**
 * Reads the table at a path: a CSV file, an array (.npy, .npz), an image, or a folder or archive of images.
 *
 * @param wanted.isPoints whether its rows are points, not conditions
 * @throws UserError (`not-found`) if it doesn't exist; (`invalid-data`) if it is corrupt
 */
export async function readTableAt(
  path: string,
  {
    names,
    called = DEFAULT_NAME,
    areImages,
    isPoints = false,
  }: Omit<WantedConditions, 'from' | 'otherwise'> & { readonly isPoints?: boolean } = {},
): Promise<ConditionTable> {
  requireExists(path);
  if (!isFolder(path) && ARRAY.test(path)) {
    return readArrayTable(path, called, areImages);
  }
  return (isPoints ? undefined : await readImageTable(path, called)) ?? readCsvTable(path, names, isPoints);
}

/** The table that accompanies images: `conditions.csv` in a folder, or `maps.conditions.csv` next to it or to `maps.zip`. */
function tableBeside(images: string, otherwise: Phrase): string {
  const stem = withoutExtensions(withoutEndSeparators(images));
  const inFolder = isFolder(images)
    ? ['csv', 'npy', 'npz'].map((type) => join(images, `conditions.${type}`))
    : [];
  const nextTo = ['.csv', '.npy', '.npz', '.zip', ''].map((type) => `${stem}.conditions${type}`);
  const tables = [...inFolder, ...nextTo].filter(exists);
  if (tables.length > 1) {
    throw new UserError(
      'invalid-data',
      `${images}: it has several files of conditions, ${tables.join(' and ')}: keep one, or name one with data.conditions`,
    );
  }
  const [path] = tables;
  if (path === undefined) {
    const usual = (inFolder.length > 0 ? inFolder : nextTo)
      .slice(0, 2)
      .map((candidate) => basename(candidate));
    throw new UserError(
      'not-found',
      phrase`${images}: the model depends on conditions of the images, but there is no ${usual.join(' or ')} beside them: write one, or ${otherwise}`,
    );
  }
  return path;
}

/** A path without the extensions of image files: `maps` for `maps.tar.gz`. */
function withoutExtensions(path: string): string {
  let stem = path;
  while (IMAGE_EXTENSION.test(stem)) {
    stem = stem.slice(0, stem.lastIndexOf('.'));
  }
  return stem;
}

/** The column with the names of the images, in any case. */
const FILE_COLUMN = 'file';

/** The most bytes of a file: 256 MiB. */
const largestTable = 2 ** 28;
/** The most numbers in the columns that are used: 256 MiB. */
const maxNumbers = 2 ** 25;

/** A used column: its numbers, and its first cell that isn't one. */
interface NumberColumn {
  readonly values: number[];
  problem?: { readonly line: number; readonly text: string };
}

/** Reads a CSV file; a used column with a cell that is not a number is refused when it is opened. */
function readCsvTable(path: string, chosen?: readonly string[], isPoints = false): ConditionTable {
  const text = textBlocks(path, largestTable);
  try {
    return tableIn(text, path, { chosen, isPoints });
  } finally {
    // Closes the file, if an error left it open.
    text.return();
  }
}

function tableIn(
  text: Iterable<string>,
  path: string,
  { chosen, isPoints }: { readonly chosen: readonly string[] | undefined; readonly isPoints: boolean },
): ConditionTable {
  const { columns, rows } = parseCsv(text, path);
  const fileColumn = columns.findIndex((name) => name.toLowerCase() === FILE_COLUMN);
  const files: string[] = [];
  const wanted = new Set(chosen ?? columns);
  const used = new Map<number, NumberColumn>(
    columns.flatMap((name, column) =>
      column !== fileColumn && wanted.has(name) ? [[column, { values: [] }]] : [],
    ),
  );
  let count = 0;
  for (const { line, cells } of rows) {
    count++;
    if (count > maxRows || count * used.size > maxNumbers) {
      throw new UserError(
        'invalid-data',
        `${path}: more than ${count - 1} rows${used.size > 1 ? ` of ${used.size} columns` : ''}: keep ${isPoints ? 'fewer rows' : 'only those of your images'}`,
      );
    }
    if (fileColumn !== -1) {
      files.push(cells[fileColumn]!);
    }
    for (const [column, numbers] of used) {
      const text = cells[column]!;
      const value = isNumber(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(Math.fround(value))) {
        numbers.problem ??= { line, text };
      }
      numbers.values.push(value);
    }
  }
  const open = (column: number): ((row: number) => readonly number[]) => {
    const { values, problem } = used.get(column)!;
    if (problem !== undefined) {
      const { line, text } = problem;
      const why = isNumber(text)
        ? 'too large for float32; scale the column'
        : `expected a number${chosen ? '' : isPoints ? ': leave this row or column out' : ' (or list the columns to use in model.condition)'}`;
      throw new UserError(
        'invalid-data',
        `${path}:${line}: ${shortText(columns[column]!)} is '${shortText(text)}': ${why}`,
      );
    }
    return (row) => [values[row]!];
  };
  return {
    path,
    rows: count,
    ...(fileColumn !== -1 && { files }),
    columns: columns.flatMap((name, column) =>
      column === fileColumn ? [] : [{ name, shape: [], open: () => open(column) }],
    ),
  };
}

/** The most bytes of a .npy file, or of all arrays in an .npz file: 512 MiB. */
const maxArrayBytes = 2 ** 29;
/** The most arrays in an .npz file; models take at most 256 components. */
const maxArrays = 2 ** 12;

/** Reads the array in a .npy file, which gets `name`, or the arrays in an .npz file, which have names of their own. */
async function readArrayTable(path: string, name: string, areImages = false): Promise<ConditionTable> {
  const columns = await withFile(path, (file) =>
    /\.npz$/i.test(path)
      ? arraysIn(readAhead(file), path, areImages)
      : arrayIn(file, path, { name, areImages }).then((column) => [column]),
  );
  const [{ rows }] = columns as [Read];
  const mismatch = columns.find((column) => column.rows !== rows);
  if (mismatch) {
    throw new UserError(
      'mismatch',
      `${path}: ${mismatch.name} has ${mismatch.rows} rows, but ${columns[0]!.name} ${rows}: give a row of each for each image`,
    );
  }
  return { path, rows, columns };
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
  const columns: Read[] = [];
  for (const entry of entries) {
    const bytes = await readZipEntry(file, entry, path, { budget });
    const where = `${path}: ${entry.name}`;
    const name = entry.name.replace(/\.npy$/, '');
    columns.push(await arrayIn(inMemory(bytes, where), where, { name, areImages }));
  }
  return columns;
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
  const size = countElements(row);
  const { values, rounding } = readElements(await file.read(offset, file.size - offset), type, path);
  const rowAt = (index: number): Values => values.subarray(index * size, (index + 1) * size);
  if (countNonFinite(values) > 0) {
    const notFinite = new NotFiniteValues();
    for (let index = 0; index < rows; index++) {
      notFinite.add(String(index), rowAt(index));
    }
    notFinite.refuse(path, rows);
  }
  return { name, rows, shape: row, rounding, open: () => rowAt };
}

/** Reads conditions that are images; undefined if the file has none. */
async function readImageTable(path: string, name: string): Promise<ConditionTable | undefined> {
  if ((await storeKind(path)) !== undefined) {
    return toConditionTable(path, name, [await imagesIn(path)]);
  }
  if (await packedFile.recognises(path)) {
    const { train, validation, test } = await loadImages(await packedFile.open(path), path);
    return toConditionTable(path, name, [train, ...(validation ? [validation] : []), test]);
  }
  return imageName.test(path) ? oneImage(path, name) : undefined;
}

async function imagesIn(path: string): Promise<ImageSet> {
  const store = await openArchive(path);
  const files = await store.names();
  const names = imagesAmong(files);
  if (names.length === 0) {
    throw new UserError(
      'invalid-data',
      `${path}: it has no images to use as conditions: put ${imageFormats} images into it, named like those they belong to`,
    );
  }
  requireNoLinksOut(path, store.linksOut?.() ?? []);
  const wanted = new Set(names);
  return loadSplit(
    readStoredImages(store, (name) => wanted.has(name), {
      count: names.length,
      top: topFolder(store, files),
    }),
    { source: path, name: 'only', adviseToFit: () => ['convert them to one size'] },
  );
}

function toConditionTable(path: string, name: string, sets: readonly ImageSet[]): ConditionTable {
  const [{ imageShape }] = sets as [ImageSet];
  const places = sets.flatMap((set) => Array.from({ length: set.count }, (_, index) => ({ set, index })));
  const files = places.flatMap(({ set, index }) => set.nameAt?.(index) ?? []);
  const rowAt = (row: number): Values => {
    const { set, index } = places[row]!;
    return readOne(set, index);
  };
  return {
    path,
    rows: places.length,
    ...(files.length === places.length && { files, areImages: true }),
    columns: [{ name, shape: imageShape, open: () => rowAt }],
  };
}

async function oneImage(path: string, name: string): Promise<ConditionTable> {
  const { height, width, channels, data } = await decodeImage(await readWhole(path, maxFileBytes), path);
  const count = countNonFinite(data);
  if (count > 0) {
    throw new UserError('invalid-data', notFinite(path, count));
  }
  return { path, rows: 1, columns: [{ name, shape: [height, width, channels], open: () => () => data }] };
}
