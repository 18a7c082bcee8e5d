// The fields of Parquet footers and page headers that reading images needs; all others are skipped. Headers are structures in
// Thrift's compact protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

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
  const struct = new ThriftReader(bytes, 0, maxFooterValues).readStruct(0);
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
  const reader = new ThriftReader(bytes, offset, maxHeaderValues);
  const struct = reader.readStruct(0);
  return {
    page: pageIn(struct),
    size: number(struct, 2),
    compressedSize: number(struct, 3),
    checksum: struct.has(4) ? number(struct, 4) : undefined,
    end: reader.position,
  };
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

/** A value: integers of 64 bits are rounded to float64, strings are views of the bytes. */
type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** A structure: its fields by number. */
type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Types of values; maps, sets and UUIDs don't occur in Parquet files. */
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** The deepest nesting; Parquet's is about ten levels. */
const maxDepth = 32;
/** The most bytes of a 64-bit integer. */
const maxIntegerBytes = 10;

/** Reads structures from a position on. Each of at most `maxValues` fields and elements takes up to 200 bytes. */
class ThriftReader {
  readonly #bytes: Uint8Array;
  readonly #maxValues: number;
  #values = 0;
  position: number;

  constructor(bytes: Uint8Array, position: number, maxValues: number) {
    this.#bytes = bytes;
    this.position = position;
    this.#maxValues = maxValues;
  }

  readStruct(depth: number): ThriftStruct {
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (let header = this.#byte(); header !== 0; header = this.#byte()) {
      this.#count(1);
      id = header >> 4 === 0 ? this.#integer() : id + (header >> 4);
      const type = header & 15;
      fields.set(id, type === TRUE || type === FALSE ? type === TRUE : this.#value(type, depth + 1));
    }
    return fields;
  }

  #value(type: number, depth: number): ThriftValue {
    if (depth > maxDepth) {
      throw new Error(`more than ${maxDepth} levels`);
    }
    switch (type) {
      // List elements only: a field has its boolean in its header.
      case TRUE:
      case FALSE:
        return this.#byte() === TRUE;
      case BYTE:
        return (this.#byte() << 24) >> 24;
      case I16:
      case I32:
      case I64:
        return this.#integer();
      case DOUBLE: {
        const bytes = this.#take(8);
        return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
      }
      case BINARY:
        return this.#take(this.#unsigned());
      case LIST:
        return this.#list(depth);
      case STRUCT:
        return this.readStruct(depth);
      default:
        throw new Error(`a value of unknown type ${type}`);
    }
  }

  #list(depth: number): ThriftValue[] {
    const header = this.#byte();
    const size = header >> 4 === 15 ? this.#unsigned() : header >> 4;
    // Each element takes at least one byte.
    const remaining = this.#bytes.length - this.position;
    if (size > remaining) {
      throw new Error(`a list of ${size} elements, but only ${remaining} bytes remain`);
    }
    this.#count(size);
    return Array.from({ length: size }, () => this.#value(header & 15, depth + 1));
  }

  #count(values: number): void {
    this.#values += values;
    if (this.#values > this.#maxValues) {
      throw new Error(`more than ${this.#maxValues} values`);
    }
  }

  #take(length: number): Uint8Array {
    const start = this.position;
    if (length > this.#bytes.length - start) {
      throw new Error(`a value of ${length} bytes, but only ${this.#bytes.length - start} remain`);
    }
    this.position += length;
    return this.#bytes.subarray(start, this.position);
  }

  #byte(): number {
    const byte = this.#bytes[this.position++];
    if (byte === undefined) {
      throw new Error('it ends within a structure');
    }
    return byte;
  }

  #unsigned(): number {
    let value = 0;
    for (let index = 0; index < maxIntegerBytes; index++) {
      const byte = this.#byte();
      value += (byte & 127) * 128 ** index;
      if (byte < 128) {
        return value;
      }
    }
    throw new Error(`an integer of more than ${maxIntegerBytes} bytes`);
  }

  /** A signed integer, whose lowest bit is its sign. */
  #integer(): number {
    const value = this.#unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
