// Reads structures in Thrift's compact protocol, as in the headers of Parquet files, within limits.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

/** A value: integers of 64 bits are rounded to float64, strings are views of the bytes. */
export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** A structure: its fields by number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

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

/**
 * Reads the structure that starts at an offset.
 *
 * @param maxValues the most fields and list elements, over all levels; each takes up to 200 bytes in memory
 * @returns the structure, and where it ends
 * @throws Error if it is incomplete, a list or a string is longer than the remaining bytes, or it has too many levels or
 *   values
 */
export function readThrift(
  bytes: Uint8Array,
  offset: number,
  maxValues: number,
): { readonly struct: ThriftStruct; readonly end: number } {
  const reader = new ThriftReader(bytes, offset, maxValues);
  return { struct: reader.readStruct(0), end: reader.position };
}

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
