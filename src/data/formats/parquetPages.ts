// Pages of a Parquet column of byte strings; every length and count is checked before it is used.
import { crc32 } from 'node:zlib';
import { compressors } from 'hyparquet-compressors';
import type { Budget } from '../contract/reading.ts';
import { dataView } from './bytes.ts';
import { type DataPageHeader, type PageHeader, readPageHeader } from './parquetHeaders.ts';

/** A column, as described by the file's footer. */
export interface ByteColumn {
  /** Undefined if the file, damaged or newer, names one that is not known. */
  readonly codec: string | undefined;
  /** How many levels on the path to the values are optional. */
  readonly maxDefinitionLevel: number;
}

/** The largest decompressed page, in bytes. */
const maxPageBytes = 2 ** 28;

/** The codecs whose output is bounded by the size in the page header. */
const decompress: Readonly<Record<string, (bytes: Uint8Array, size: number) => Uint8Array>> = {
  UNCOMPRESSED: (bytes) => bytes,
  SNAPPY: (bytes, size) => compressors.SNAPPY!(bytes, size),
  GZIP: (bytes, size) => compressors.GZIP!(bytes, size),
  ZSTD: (bytes, size) => {
    requireSingleZstdFrame(bytes, size);
    return compressors.ZSTD!(bytes, size);
  },
};

/**
 * The values in the pages of a column chunk; null for a missing value.
 *
 * @param options.rows the number of values according to the footer
 * @throws OverBudget; Error if anything is inconsistent
 */
export function* readPages(
  chunk: Uint8Array,
  column: ByteColumn,
  { rows, budget }: { readonly rows: number; readonly budget: Budget },
): Generator<Uint8Array | null, void, void> {
  let offset = 0;
  let dictionary: Uint8Array[] | undefined;
  for (let row = 0; row < rows; ) {
    const header = readPageHeader(chunk, offset);
    const { page, size, compressedSize: length, checksum, end } = header;
    if (!(length >= 0 && end + length <= chunk.length)) {
      throw new Error(`a page of ${length} bytes, but only ${chunk.length - end} remain`);
    }
    offset = end + length;
    const bytes = chunk.subarray(end, offset);
    if (checksum !== undefined && crc32(bytes) !== checksum >>> 0) {
      throw new Error('a page does not match the checksum in its header');
    }
    budget.spend(Math.max(0, size), 'bytes');
    if (page.type === 'dictionary') {
      const content = inflated(bytes, size, column.codec);
      dictionary = [...byteStrings(content, atMost(page.values, rows))];
      continue;
    }
    const { levels, values, encoding } = (page.type === 'data' ? dataPage : dataPageV2)(
      bytes,
      { ...header, page },
      column,
      rows - row,
    );
    const present = levels.reduce((sum, level) => sum + Number(level === column.maxDefinitionLevel), 0);
    const decoded = decodeValues(values, encoding, present, dictionary);
    for (const level of levels) {
      yield level === column.maxDefinitionLevel ? decoded.next().value! : null;
    }
    row += levels.length;
  }
}

interface DataPage {
  /** One per row. */
  readonly levels: Uint32Array;
  readonly values: Uint8Array;
  readonly encoding: string;
}

type Header = Pick<PageHeader, 'size'> & { readonly page: DataPageHeader };

function dataPage(bytes: Uint8Array, header: Header, column: ByteColumn, rows: number): DataPage {
  const { values, encoding } = header.page;
  const page = inflated(bytes, header.size, column.codec);
  const count = atMost(values, rows);
  if (column.maxDefinitionLevel === 0) {
    return { levels: new Uint32Array(count), values: page, encoding };
  }
  const length = dataView(page).getUint32(0, true);
  const start = 4 + atMost(length, page.length - 4);
  return {
    levels: readRuns(page.subarray(4, start), bitWidth(column.maxDefinitionLevel), count),
    values: page.subarray(start),
    encoding,
  };
}

function dataPageV2(bytes: Uint8Array, { size, page }: Header, column: ByteColumn, rows: number): DataPage {
  const levelBytes = atMost(page.levelBytes, bytes.length);
  if (page.repetitionBytes !== 0) {
    throw new Error('a page contains lists');
  }
  const count = atMost(page.values, rows);
  const valueBytes = bytes.subarray(levelBytes);
  return {
    levels:
      column.maxDefinitionLevel === 0
        ? new Uint32Array(count)
        : readRuns(bytes.subarray(0, levelBytes), bitWidth(column.maxDefinitionLevel), count),
    values: page.isCompressed ? inflated(valueBytes, size - levelBytes, column.codec) : valueBytes,
    encoding: page.encoding,
  };
}

function inflated(bytes: Uint8Array, size: number, codec: string | undefined): Uint8Array {
  const codecFunction = codec === undefined ? undefined : decompress[codec];
  if (codecFunction === undefined) {
    throw new Error(
      `unsupported compression ${codec ?? 'of an unknown kind'}: expected snappy, zstd, gzip or no compression`,
    );
  }
  // Some writers leave empty pages uncompressed.
  const page = bytes.length === 0 ? bytes : codecFunction(bytes, atMost(size, maxPageBytes));
  if (page.length !== size) {
    throw new Error(`a page decompresses to ${page.length} bytes, but its header says ${size}`);
  }
  return page;
}

function* decodeValues(
  bytes: Uint8Array,
  encoding: string,
  count: number,
  dictionary: readonly Uint8Array[] | undefined,
): Generator<Uint8Array, void, void> {
  if (encoding === 'PLAIN') {
    yield* byteStrings(bytes, count);
    return;
  }
  if (encoding !== 'PLAIN_DICTIONARY' && encoding !== 'RLE_DICTIONARY') {
    throw new Error(`unsupported encoding ${encoding}: expected PLAIN or a dictionary`);
  }
  if (count === 0) {
    return;
  }
  const width = atMost(bytes[0] ?? -1, 32);
  for (const index of readRuns(bytes.subarray(1), width, count)) {
    yield dictionary?.[index] ?? fail(`entry ${index} is not in its dictionary`);
  }
}

/** Byte strings, each preceded by its length. */
function* byteStrings(bytes: Uint8Array, count: number): Generator<Uint8Array, void, void> {
  const view = dataView(bytes);
  for (let index = 0, offset = 0; index < count; index++) {
    const start = offset + 4;
    const end = start + (start <= bytes.length ? view.getUint32(offset, true) : Infinity);
    if (end > bytes.length) {
      throw new Error(`value ${index} of ${count} extends past the end of its page`);
    }
    yield bytes.subarray(start, end);
    offset = end;
  }
}

function bitWidth(level: number): number {
  return 32 - Math.clz32(level);
}

function atMost(value: number, limit: number): number {
  return Number.isInteger(value) && value >= 0 && value <= limit
    ? value
    : fail(`a count of ${value}, but at most ${limit} is possible`);
}

function fail(message: string): never {
  throw new Error(message);
}

/** Decodes `count` integers of `width` bits from runs: one value repeated, or values packed in groups of eight. */
function readRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const out = new Uint32Array(count);
  let offset = 0;
  const nextByte = (): number => {
    const byte = bytes[offset++];
    if (byte === undefined) {
      throw new Error('truncated runs of integers');
    }
    return byte;
  };
  for (let done = 0; done < count; ) {
    let header = 0;
    for (let shift = 0, byte = 128; byte >= 128; shift += 7) {
      if (shift > 28) {
        throw new Error('a run of more than 2^32 integers');
      }
      byte = nextByte();
      header += (byte & 127) * 2 ** shift;
    }
    const length = Math.floor(header / 2) * (header % 2 === 1 ? 8 : 1);
    const end = Math.min(count, done + length);
    if (header % 2 === 0) {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) {
        value += nextByte() * 2 ** shift;
      }
      out.fill(value, done, end);
    } else {
      let [bits, held] = [0, 0];
      for (let index = done; index < end; index++) {
        while (held < width) {
          bits += nextByte() * 2 ** held;
          held += 8;
        }
        out[index] = bits % 2 ** width;
        bits = Math.floor(bits / 2 ** width);
        held -= width;
      }
      // Groups are complete: the unused rest of the last one is skipped.
      offset += Math.max(0, (length * width) / 8 - Math.ceil(((end - done) * width) / 8));
    }
    done = end;
  }
  return out;
}

const magic = 0xfd2fb528;
const blockHeaderLength = 3;

/**
 * Requires `bytes` to be exactly one Zstandard frame with `size` in its header, so that a decoder allocates only that: a few bytes
 * can expand to gigabytes.
 *
 * @throws Error otherwise
 */
export function requireSingleZstdFrame(bytes: Uint8Array, size: number): void {
  const view = dataView(bytes);
  const descriptor = view.getUint8(4);
  const [sizeFlag, isSegment, hasChecksum, dictionaryFlag] = [
    descriptor >> 6,
    (descriptor & 32) !== 0,
    (descriptor & 4) !== 0,
    descriptor & 3,
  ];
  let offset = 5 + (isSegment ? 0 : 1) + [0, 1, 2, 4][dictionaryFlag]!;
  const declared = contentSize(view, offset, sizeFlag, isSegment);
  if (view.getUint32(0, true) !== magic || declared !== size) {
    throw new Error(`a Zstandard frame of ${declared ?? 'unknown'} bytes, expected ${size}`);
  }
  offset += [isSegment ? 1 : 0, 2, 4, 8][sizeFlag]!;
  for (let last = false; !last; ) {
    const header = view.getUint16(offset, true) + view.getUint8(offset + 2) * 65536;
    const repeated = ((header >> 1) & 3) === 1;
    last = (header & 1) === 1;
    offset += blockHeaderLength + (repeated ? 1 : header >> 3);
  }
  if (offset + (hasChecksum ? 4 : 0) !== bytes.length) {
    throw new Error('not exactly one Zstandard frame');
  }
}

function contentSize(view: DataView, offset: number, flag: number, isSegment: boolean): number | undefined {
  switch (flag) {
    case 0:
      return isSegment ? view.getUint8(offset) : undefined;
    case 1:
      return view.getUint16(offset, true) + 256;
    case 2:
      return view.getUint32(offset, true);
    default:
      return Number(view.getBigUint64(offset, true));
  }
}
