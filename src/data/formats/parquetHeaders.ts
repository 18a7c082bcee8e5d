// The fields of Parquet footers and page headers that reading images needs; all others are skipped.
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
import { readThrift, type ThriftStruct, type ThriftValue } from './thrift.ts';

/** An element of the schema: a column, or a group of the `children` elements after it. */
export interface SchemaElement {
  readonly name: string;
  readonly isBytes: boolean;
  /** Missing for the root. */
  readonly repetition: 'required' | 'optional' | 'repeated' | undefined;
  readonly children: number;
}

/** A column in a row group. */
export interface ColumnChunk {
  /** The names of the column and the groups that it is in, joined by dots. */
  readonly path: string;
  /** Undefined if unknown: the file is damaged, or newer. */
  readonly codec: string | undefined;
  readonly start: number;
  /** Its bytes in the file. */
  readonly length: number;
}

/** Rows that are stored together. */
interface RowGroup {
  readonly rows: number;
  readonly columns: readonly ColumnChunk[];
}

/** The description of a file. */
export interface ParquetFooter {
  readonly rows: number;
  /** The tree of columns, depth first. */
  readonly schema: readonly SchemaElement[];
  readonly groups: readonly RowGroup[];
}

/** The header of a page of values. */
export interface DataPageHeader {
  readonly type: 'data' | 'data2';
  readonly values: number;
  readonly encoding: string;
  /** The bytes of the definition levels before the values, in pages of version 2. */
  readonly levelBytes: number;
  readonly repetitionBytes: number;
  /** Whether the values are compressed. */
  readonly isCompressed: boolean;
}

/** The header of a page. */
export interface PageHeader {
  readonly page: DataPageHeader | { readonly type: 'dictionary'; readonly values: number };
  readonly compressedSize: number;
  /** Its bytes once decompressed. */
  readonly size: number;
  readonly checksum: number | undefined;
  /** Where the header ends and the page starts. */
  readonly end: number;
}

/** The most values in a footer: about 25 for each column of each row group. */
const maxFooterValues = 2 ** 21;
/** The most values in the header of a page, which has about twenty. */
const maxHeaderValues = 1000;

const codecs = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'];
const repetitions = ['required', 'optional', 'repeated'] as const;
const byteArray = 6;
const encodings: Readonly<Record<number, string>> = {
  0: 'PLAIN',
  2: 'PLAIN_DICTIONARY',
  3: 'RLE',
  4: 'BIT_PACKED',
  5: 'DELTA_BINARY_PACKED',
  6: 'DELTA_LENGTH_BYTE_ARRAY',
  7: 'DELTA_BYTE_ARRAY',
  8: 'RLE_DICTIONARY',
  9: 'BYTE_STREAM_SPLIT',
};

/**
 * Reads the footer of a file.
 *
 * @throws Error if it is corrupt or has more values than a file of images needs
 */
export function readParquetFooter(bytes: Uint8Array): ParquetFooter {
  const { struct } = readThrift(bytes, 0, maxFooterValues);
  return {
    schema: structs(struct, 2).map((element) => ({
      name: text(element.get(4)),
      isBytes: element.get(1) === byteArray,
      repetition: repetitions[number(element, 3, -1)],
      children: number(element, 5, 0),
    })),
    rows: number(struct, 3),
    groups: structs(struct, 4).map((group) => ({
      rows: number(group, 3),
      columns: structs(group, 1).flatMap((column) => {
        const about = column.get(3);
        return about === undefined ? [] : [columnChunk(asStruct(about))];
      }),
    })),
  };
}

function columnChunk(about: ThriftStruct): ColumnChunk {
  return {
    path: list(about.get(3)).map(text).join('.'),
    codec: codecs[number(about, 4)],
    start: number(about, 11, 0) || number(about, 9),
    length: number(about, 7),
  };
}

/**
 * Reads the header of the page that starts at an offset.
 *
 * @throws Error if it is corrupt or of an unknown type
 */
export function readPageHeader(bytes: Uint8Array, offset: number): PageHeader {
  const { struct, end } = readThrift(bytes, offset, maxHeaderValues);
  const checksum = struct.has(4) ? number(struct, 4) : undefined;
  return { page: pageIn(struct), size: number(struct, 2), compressedSize: number(struct, 3), checksum, end };
}

function pageIn(struct: ThriftStruct): PageHeader['page'] {
  const type = number(struct, 1);
  switch (type) {
    case 0: {
      const page = asStruct(struct.get(5));
      const about = { values: number(page, 1), encoding: encodingName(number(page, 2)) };
      return { type: 'data', ...about, levelBytes: 0, repetitionBytes: 0, isCompressed: true };
    }
    case 2:
      return { type: 'dictionary', values: number(asStruct(struct.get(7)), 1) };
    case 3: {
      const page = asStruct(struct.get(8));
      return {
        type: 'data2',
        values: number(page, 1),
        encoding: encodingName(number(page, 4)),
        levelBytes: number(page, 5),
        repetitionBytes: number(page, 6),
        isCompressed: page.get(7) !== false,
      };
    }
    default:
      throw new Error(`unsupported page type ${type}`);
  }
}

function encodingName(encoding: number): string {
  return encodings[encoding] ?? String(encoding);
}

const damaged = 'a field of its headers is missing or of another type';

/** A field that is an integer; `otherwise` if it is missing. */
function number(struct: ThriftStruct, id: number, otherwise?: number): number {
  const value = struct.get(id) ?? otherwise;
  if (typeof value !== 'number') {
    throw new Error(damaged);
  }
  return value;
}

function text(value: ThriftValue | undefined): string {
  if (!(value instanceof Uint8Array)) {
    throw new Error(damaged);
  }
  return new TextDecoder().decode(value);
}

function list(value: ThriftValue | undefined): readonly ThriftValue[] {
  if (!Array.isArray(value)) {
    throw new Error(damaged);
  }
  return value as readonly ThriftValue[];
}

function structs(struct: ThriftStruct, id: number): ThriftStruct[] {
  return list(struct.get(id)).map(asStruct);
}

function asStruct(value: ThriftValue | undefined): ThriftStruct {
  if (!(value instanceof Map)) {
    throw new Error(damaged);
  }
  return value as ThriftStruct;
}
