// Images in Parquet files: each row has the bytes of an image file, as published on dataset hubs.
import { shortText, UserError } from '../../core/errors.ts';
import type { RawImage } from '../contract/rawImages.ts';
import type { Budget } from '../contract/reading.ts';
import { maxBytesAtOnce, type RandomAccess } from '../files/fileStore.ts';
import { dataView, latin1Text } from '../formats/bytes.ts';
import { decodeImage } from '../formats/imageDecoding.ts';
import {
  type ColumnChunk,
  type ParquetFooter,
  readParquetFooter,
  type SchemaElement,
} from '../formats/parquetHeaders.ts';
import { type ByteColumn, readPages } from '../formats/parquetPages.ts';
import { labelsNotRead } from './batchFile.ts';

/** The names of image columns, if no column has a field `bytes`. */
const plainNames = ['image', 'img', 'bytes', 'png', 'jpeg', 'jpg', 'webp'];

/** The names of columns of labels, which are not read. */
const labelNames = ['label', 'labels', 'class'];

const damagedFooter = 'its footer, at the end of the file, is damaged; use another copy';
/** Longer footers are rejected; footers of tens of thousands of row groups are shorter. */
const maxFooterBytes = 2 ** 24;
/** The most columns that an error lists. */
const MOST_NAMES = 8;
/** The deepest nesting of columns. */
const maxColumnDepth = 32;

/** The column of the images: its path in the schema, joined by dots. */
interface ImageColumn extends Pick<ByteColumn, 'maxDefinitionLevel'> {
  readonly path: string;
}

/** The number of rows of a Parquet file; throws as `parquetImages` does. */
export async function countParquet(file: RandomAccess, source: string, budget: Budget): Promise<number> {
  return (await readFooter(file, source, budget)).rows;
}

/**
 * The images in a Parquet file, row by row: from the column with a field `bytes` (such as `image.bytes`), or
 * a column of bytes named `image`, `img`, `png` or similar. One row group is in memory at a time.
 *
 * @param prefix prepended to the images' names, which are their row numbers
 * @throws UserError if it is corrupt or has no such column; OverBudget
 */
export async function* parquetImages(
  file: RandomAccess,
  source: string,
  prefix: string,
  budget: Budget,
): AsyncGenerator<RawImage, void, void> {
  const { schema, groups } = await readFooter(file, source, budget);
  const { path, maxDefinitionLevel, hasLabels } = imageColumn(schema, source);
  let row = 0;
  for (const { rows, columns } of groups) {
    const start = row;
    try {
      const column = columns.find((chunk) => chunk.path === path);
      if (column === undefined) {
        throw new Error(`a row group without the column ${shortText(path)}`);
      }
      const chunk = await readChunk(file, column, budget);
      for (const bytes of readPages(chunk, { codec: column.codec, maxDefinitionLevel }, { rows, budget })) {
        const where = `${source}: row ${row}`;
        yield {
          name: `${prefix}${row}`,
          async decode(admit) {
            if (bytes === null) {
              throw new UserError('invalid-data', `${where}: no image; use another copy`);
            }
            const image = await decodeImage(bytes, where, { budget, admit });
            return hasLabels ? { ...image, notes: [...image.notes, labelsNotRead] } : image;
          },
        };
        row++;
      }
    } catch (cause) {
      throw cause instanceof UserError
        ? cause
        : unreadable(source, cause, `the row group from row ${start} on is damaged; use another copy`);
    }
  }
}

async function readFooter(file: RandomAccess, source: string, budget: Budget): Promise<ParquetFooter> {
  try {
    const footer = parsedFooter(await footerBytes(file));
    const rows = footer.groups.reduce((sum, group) => sum + group.rows, 0);
    if (rows !== footer.rows || footer.groups.some((group) => group.rows < 0)) {
      throw new Error(`its footer claims ${footer.rows} rows, but ${rows} in its row groups`);
    }
    budget.spend(rows, 'images');
    return footer;
  } catch (cause) {
    throw cause instanceof UserError ? cause : unreadable(source, cause, damagedFooter);
  }
}

function parsedFooter(bytes: Uint8Array): ParquetFooter {
  try {
    return readParquetFooter(bytes);
  } catch (cause) {
    throw new Error(`${damagedFooter} (${(cause as Error).message})`, { cause });
  }
}

/** The bytes of the footer: they precede its length and the signature. */
async function footerBytes(file: RandomAccess): Promise<Uint8Array> {
  const end = await file.read(file.size - 8, 8);
  const length = dataView(end).getUint32(0, true);
  if (latin1Text(end.subarray(4)) !== 'PAR1') {
    throw new Error('it does not end with PAR1; use another copy');
  }
  if (length > maxFooterBytes) {
    throw new Error(
      `a footer of ${length} bytes, but at most ${maxFooterBytes} are supported: write larger row groups`,
    );
  }
  return file.read(file.size - 8 - length, length);
}

/** The column of the images, and whether there is one of labels. */
function imageColumn(
  schema: readonly SchemaElement[],
  source: string,
): ImageColumn & { readonly hasLabels: boolean } {
  try {
    let [steps, plainSteps]: (readonly SchemaElement[] | undefined)[] = [];
    let hasLabels = false;
    const names: string[] = [];
    for (const leaf of leaves(schema)) {
      const [{ name }] = leaf as [SchemaElement];
      hasLabels ||= isAmong(labelNames, name);
      // One more than is listed tells whether there are others.
      if (names.length <= MOST_NAMES) {
        names.push(shortText(leaf.map((element) => element.name).join('.'), 40));
      }
      if (leaf.at(-1)!.isBytes) {
        steps ??= leaf.length === 2 && leaf[1]!.name === 'bytes' ? leaf : undefined;
        plainSteps ??= leaf.length === 1 && isAmong(plainNames, name) ? leaf : undefined;
      }
    }
    steps ??= plainSteps;
    if (steps === undefined) {
      throw new Error(
        `no column of images: expected one with a field bytes, such as image.bytes, found ${names.slice(0, MOST_NAMES).join(', ') || 'none'}${names.length > MOST_NAMES ? ', …' : ''}`,
      );
    }
    const path = steps.map(({ name }) => name).join('.');
    const repetitions = steps.map(({ repetition }) => repetition);
    if (repetitions.includes('repeated')) {
      throw new Error(`the column ${shortText(path)} contains lists`);
    }
    const maxDefinitionLevel = repetitions.filter((repetition) => repetition === 'optional').length;
    return { path, maxDefinitionLevel, hasLabels };
  } catch (cause) {
    throw unreadable(source, cause, damagedFooter);
  }
}

/** Whether a name is one of these, in any case. Long names are not converted: a group may have one, read for each column. */
function isAmong(names: readonly string[], name: string): boolean {
  return name.length < 16 && names.includes(name.toLowerCase());
}

/** The path to each leaf, without the root. */
function* leaves(schema: readonly SchemaElement[]): Generator<readonly SchemaElement[], void, void> {
  /** The groups around the next element, and how many of their elements follow. */
  const parents: { readonly element: SchemaElement; left: number }[] = [];
  for (const element of schema) {
    while (parents.at(-1)?.left === 0) {
      parents.pop();
    }
    const parent = parents.at(-1);
    const isRoot = element === schema[0];
    if (parent === undefined && !isRoot) {
      return;
    }
    if (parent) {
      parent.left--;
    }
    if (element.children > 0) {
      parents.push({ element, left: element.children });
      if (parents.length > maxColumnDepth) {
        throw new Error(`more than ${maxColumnDepth} levels of columns`);
      }
    } else if (!isRoot) {
      yield [...parents.slice(1).map((group) => group.element), element];
    }
  }
  if (parents.some(({ left: remaining }) => remaining !== 0)) {
    throw new Error(damagedFooter);
  }
}

async function readChunk(
  file: RandomAccess,
  { start, length }: ColumnChunk,
  budget: Budget,
): Promise<Uint8Array> {
  if (length > maxBytesAtOnce / 2) {
    throw new Error(`a row group of ${length} bytes is too large: write smaller ones`);
  }
  // Many row groups can share one chunk.
  budget.spend(Math.max(0, length), 'bytes');
  return file.read(start, length);
}

function unreadable(source: string, cause: unknown, damaged: string): UserError {
  // Errors of JavaScript, caused by damaged bytes, don't mention the file.
  const tripped = cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError;
  const why = tripped ? damaged : (cause as Error).message;
  return new UserError('invalid-data', `${source}: cannot be read as Parquet: ${why}`, { cause });
}
