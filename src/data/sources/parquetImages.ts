// Images in Parquet files: each row has the bytes of an image file, as published on dataset hubs.
import type { FileMetaData, SchemaTree } from 'hyparquet';
import { parquetMetadataAsync, parquetSchema } from 'hyparquet';
// Its index only has readers that decompress whole pages without limits or checksums; `exports` of the package has this.
import { parquetHeader } from 'hyparquet/src/column.js';
import { UserError } from '../../errors.ts';
import { maxBytesAtOnce, type RandomAccess } from '../../storage/randomAccess.ts';
import type { Budget } from '../contract/budget.ts';
import type { RawImage } from '../contract/rawImages.ts';
import { viewOf } from '../formats/bytes.ts';
import { decodeImage } from '../formats/imageDecoding.ts';
import { type ByteColumn, readPages } from '../formats/parquetPages.ts';
import { labelsNotRead } from './arrayImages.ts';

/** The names of image columns, if no column has a field `bytes`. */
const plainNames = ['image', 'img', 'bytes', 'png', 'jpeg', 'jpg', 'webp'];

/** The names of columns of labels, which are not read. */
const labelNames = ['label', 'labels', 'class'];

const damagedFooter = 'its footer, at the end of the file, is damaged; use another copy';
/** Longer footers are rejected; those of tens of thousands of row groups are shorter. */
const maxFooterBytes = 2 ** 24;

interface ImageColumn extends ByteColumn {
  readonly path: readonly string[];
}

/** The number of rows of a Parquet file; throws as `parquetImages` does. */
export async function countParquet(file: RandomAccess, source: string, budget: Budget): Promise<number> {
  return Number((await readMetadata(file, source, budget)).num_rows);
}

/**
 * The images in a Parquet file, row by row: from the column with a field `bytes` (such as `image.bytes`), or
 * a column of bytes named `image`, `img`, `png` or similar. One row group is in memory at a time.
 *
 * @param source the file, for errors
 * @param prefix prepended to the images' names, which are their row numbers
 * @param budget what reading it may cost
 * @throws UserError if it is corrupt or has no such column; OverBudget
 */
export async function* parquetImages(
  file: RandomAccess,
  source: string,
  prefix: string,
  budget: Budget,
): AsyncGenerator<RawImage, void, void> {
  const metadata = await readMetadata(file, source, budget);
  const hasLabels = leaves(parquetSchema(metadata)).some(([column]) =>
    labelNames.includes(column!.element.name.toLowerCase()),
  );
  let row = 0;
  for (const group of metadata.row_groups) {
    const start = row;
    try {
      const { path, codec, maxDefinitionLevel } = imageColumn(metadata, group);
      const chunk = await readChunk(file, group, path);
      for (const bytes of readPages(
        chunk,
        { codec, maxDefinitionLevel },
        { rows: Number(group.num_rows), budget, parseHeader: parquetHeader },
      )) {
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

async function readMetadata(file: RandomAccess, source: string, budget: Budget): Promise<FileMetaData> {
  const slice = async (start: number, end = file.size): Promise<ArrayBuffer> =>
    Uint8Array.from(await file.read(start, end - start)).buffer;
  try {
    await requireShortFooter(file);
    const metadata = await parquetMetadataAsync({ byteLength: file.size, slice }, { geoparquet: false });
    requireTable(metadata);
    const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
    if (rows !== Number(metadata.num_rows) || metadata.row_groups.some(({ num_rows }) => num_rows < 0)) {
      throw new Error(`its footer claims ${metadata.num_rows} rows, but ${rows} in its row groups`);
    }
    budget.spend(rows, 'images');
    return metadata;
  } catch (cause) {
    throw cause instanceof UserError ? cause : unreadable(source, cause, damagedFooter);
  }
}

/** The parser takes what the footer of a damaged file says, without asking whether it describes a table. */
function requireTable({ schema, row_groups }: FileMetaData): void {
  const isTable =
    Array.isArray(schema) &&
    schema.every((element) => typeof element?.name === 'string') &&
    Array.isArray(row_groups) &&
    row_groups.every(
      (group) =>
        Array.isArray(group?.columns) &&
        group.columns.every(({ meta_data }) => !meta_data || Array.isArray(meta_data.path_in_schema)),
    );
  if (!isTable) {
    throw new Error(damagedFooter);
  }
}

/** The footer is parsed into objects, which can be as short as one byte each. */
async function requireShortFooter(file: RandomAccess): Promise<void> {
  const length = viewOf(await file.read(file.size - 8, 8)).getUint32(0, true);
  if (length > maxFooterBytes) {
    throw new Error(
      `a footer of ${length} bytes, but at most ${maxFooterBytes} are supported: write larger row groups`,
    );
  }
}

type RowGroup = FileMetaData['row_groups'][number];

function chunkOf(
  group: RowGroup,
  path: readonly string[],
): NonNullable<RowGroup['columns'][number]['meta_data']> {
  const found = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === path.join('.'));
  if (!found?.meta_data) {
    throw new Error(`a row group without the column ${path.join('.')}`);
  }
  return found.meta_data;
}

function imageColumn(metadata: FileMetaData, group: RowGroup): ImageColumn {
  const root = parquetSchema(metadata);
  const byteLeaves = leaves(root).filter((steps) => steps.at(-1)!.element.type === 'BYTE_ARRAY');
  const steps =
    byteLeaves.find((path) => path.length === 2 && path[1]!.element.name === 'bytes') ??
    byteLeaves.find((path) => path.length === 1 && plainNames.includes(path[0]!.element.name.toLowerCase()));
  if (steps === undefined) {
    const names = leaves(root).map((path) => path.map(({ element }) => element.name).join('.'));
    throw new Error(
      `no column of images: expected one with a field bytes, such as image.bytes, found ${names.join(', ')}`,
    );
  }
  const path = steps.map(({ element }) => element.name);
  const levels = steps.map(({ element }) => element.repetition_type);
  if (levels.includes('REPEATED')) {
    throw new Error(`the column ${path.join('.')} contains lists`);
  }
  const maxDefinitionLevel = levels.filter((level) => level === 'OPTIONAL').length;
  return { path, codec: chunkOf(group, path).codec, maxDefinitionLevel };
}

/** The path to each leaf, without the root. */
function leaves(node: SchemaTree, steps: readonly SchemaTree[] = []): (readonly SchemaTree[])[] {
  return node.children.length === 0
    ? [steps]
    : node.children.flatMap((child) => leaves(child, [...steps, child]));
}

async function readChunk(file: RandomAccess, group: RowGroup, path: readonly string[]): Promise<Uint8Array> {
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = chunkOf(group, path);
  const length = Number(total_compressed_size);
  if (length > maxBytesAtOnce / 2) {
    throw new Error(`a row group of ${length} bytes is too large: write smaller ones`);
  }
  return file.read(Number(dictionary_page_offset || data_page_offset), length);
}

function unreadable(source: string, cause: unknown, damaged: string): UserError {
  // The parser trips over damaged bytes, and then speaks of JavaScript instead of the file.
  const tripped = cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError;
  const why = tripped ? damaged : (cause as Error).message.replace(/^parquet /, '');
  return new UserError('invalid-data', `${source}: cannot be read as Parquet: ${why}`, { cause });
}
