// The safetensors format, read and written: 8 bytes of header length, a JSON header, then the bytes of the
// tensors. Numbers are little-endian, as in the memory of every machine that Node runs on, so tensors are
// copied unchanged. And the checksum of tensors: a file with a flipped bit in a weight can still be read.
import { UserError } from '../../core/errors.ts';
import { countElements, type NdArray } from '../../core/numeric/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import { type FileCheck, maxBytesAtOnce } from './fileStore.ts';

/** The contents of a safetensors file: tensors in the order of their bytes, and text metadata. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Record<string, string>;
}

/** The content of a safetensors file: tensors by name, some of them plain bytes that the program interprets. */
export interface StoredSafetensors extends Safetensors {
  readonly bytes: Map<string, Uint8Array>;
}

/** The declared contents of a safetensors file. */
export interface SafetensorsHeader {
  readonly metadata: Record<string, string>;
  /** Its tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The size of the whole file in bytes. */
  readonly size: number;
}

/** Checks a file's declared contents before its tensors are read; throws UserError if they are not as wanted. */
export type HeaderCheck = (header: SafetensorsHeader, path: string) => void;

interface TensorEntry {
  readonly name: string;
  readonly type: (typeof tensorTypes)[keyof typeof tensorTypes];
  readonly shape: readonly number[];
  /** Where its bytes start in the file. */
  readonly begin: number;
  readonly end: number;
}

const tensorTypes = { F32: Float32Array, F64: Float64Array, U8: Uint8Array };
const dataTypes = Object.keys(tensorTypes) as (keyof typeof tensorTypes)[];
/** The name in a header under which metadata is. */
const metadataName = '__metadata__';
/** The bytes before the header. */
const lengthBytes = 8;
/**
 * A longer header means that this is another kind of file: a model of 6 levels, 200 steps each, stays below
 * it. The format's reference implementation allows 100 MB, whose text takes gigabytes to parse.
 */
const largestHeader = 2 ** 24;
/** The header, an object in it, and a list in that. */
const deepestNesting = 3;
/** A file of at most so many bytes is compared with what is wanted once it has been read. */
const largestUnchecked = 2 ** 26;

/**
 * The bytes of a safetensors file with these tensors, laid out in the order of the map; the same input
 * returns the same bytes. The data starts at a multiple of 8 bytes.
 *
 * @throws UserError if the file would be larger than 2 GiB
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Record<string, string>,
  bytes: ReadonlyMap<string, Uint8Array> = new Map(),
): Uint8Array {
  // Entries are joined by hand because an object would move names that look like integers to the front.
  const entries = [`"${metadataName}":${JSON.stringify(metadata)}`];
  let end = 0;
  const plain = [...bytes].map(([name, data]) => [name, { shape: [data.length], data }] as const);
  const stored = [...tensors, ...plain];
  for (const [name, { shape, data }] of stored) {
    if (name === metadataName || countElements(shape) !== data.length) {
      throw new Error(`tensor ${quote(name)} has ${data.length} elements and shape [${shape.join(', ')}]`);
    }
    const begin = end;
    end += data.byteLength;
    const dtype = dataTypes.find((type) => data instanceof tensorTypes[type])!;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const dataStart = lengthBytes + headerLength;
  if (headerLength > largestHeader || dataStart + end > maxBytesAtOnce) {
    throw new UserError(
      'unsupported',
      `a safetensors file of ${dataStart + end} bytes cannot be written: the limit is 2 GiB; use a smaller model`,
    );
  }
  const file = new Uint8Array(dataStart + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, lengthBytes);
  file.fill(0x20, lengthBytes + json.length, dataStart);
  let position = dataStart;
  for (const [, { data }] of stored) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/**
 * Reads the bytes of a safetensors file. The tensors are views of `bytes` where alignment allows it, copies
 * elsewhere: changing `bytes` afterwards may change them.
 *
 * @throws UserError in one line with `source` if anything in the file contradicts itself or the format
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): StoredSafetensors {
  const header = safetensorsHeader(bytes, source, bytes.length);
  if ('atLeast' in header) {
    throw new Error('the bytes of a whole file are enough for its header');
  }
  const contents: StoredSafetensors = { tensors: new Map(), metadata: header.metadata, bytes: new Map() };
  for (const [name, { type, shape, begin, end }] of header.tensors) {
    const stored = bytes.subarray(begin, end);
    const aligned: Uint8Array =
      stored.byteOffset % type.BYTES_PER_ELEMENT === 0 ? stored : Uint8Array.from(stored);
    const count = stored.length / type.BYTES_PER_ELEMENT;
    const data = new type(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
    if (data instanceof Uint8Array) {
      contents.bytes.set(name, data);
    } else {
      contents.tensors.set(name, { shape, data });
    }
  }
  return contents;
}

/**
 * Reads the header from the beginning of a safetensors file, before the rest has arrived.
 *
 * @param size the file's size, if known
 * @returns `atLeast`, the number of bytes needed to read the header (at most `size`), if `start` is too short
 * @throws UserError in one line with `source` if anything in the header contradicts itself, the format or `size`
 */
export function safetensorsHeader(
  start: Uint8Array,
  source: string,
  size = Number.POSITIVE_INFINITY,
): SafetensorsHeader | { readonly atLeast: number } {
  const fail = failureIn(source);
  if (size < lengthBytes) {
    return fail(`it has ${size} bytes, too few for a header`);
  }
  if (start.length < lengthBytes) {
    return { atLeast: lengthBytes };
  }
  const headerLength = readHeaderLength(start, fail);
  const dataStart = lengthBytes + headerLength;
  if (dataStart > size) {
    return fail(`it is truncated, with ${size - lengthBytes} of ${headerLength} bytes of its header`);
  }
  if (start.length < dataStart) {
    return { atLeast: dataStart };
  }
  const { metadata, entries } = readHeader(start.subarray(lengthBytes, dataStart), fail);
  const expected = checkLayout(entries, fail);
  const available = size - dataStart;
  if (expected > available) {
    return fail(`it is truncated, with ${available} of ${expected} bytes of tensors`);
  }
  if (expected < available && size !== Number.POSITIVE_INFINITY) {
    return fail(`${available - expected} bytes at its end do not belong to any tensor`);
  }
  const tensors = new Map(
    entries.map((entry) => [
      entry.name,
      { ...entry, begin: dataStart + entry.begin, end: dataStart + entry.end },
    ]),
  );
  return { metadata, tensors, size: dataStart + expected };
}

/** A check of a safetensors file by its header, which is compared with the file's size first. */
export function byHeader(check: HeaderCheck): FileCheck {
  return (start, size, path) => {
    const header = safetensorsHeader(start, path, size);
    if ('atLeast' in header) {
      return header.atLeast;
    }
    check(header, path);
    return undefined;
  };
}

/**
 * A check for large files only. A small one takes little memory whatever it holds, and is compared once it has been
 * read: its checksum then tells damage from other contents.
 */
export function ifLarge(check: HeaderCheck): HeaderCheck {
  return (header, path) => {
    if (header.size > largestUnchecked) {
      check(header, path);
    }
  };
}

/**
 * How tensors differ from the expected ones; undefined if all expected tensors are there.
 *
 * @param tensors the tensors of a file
 * @param wanted the expected names and shapes
 */
export function missingFrom(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  wanted: Iterable<readonly [name: string, shape: readonly number[]]>,
): string | undefined {
  for (const [name, shape] of wanted) {
    const storedShape = tensors.get(name)?.shape;
    if (storedShape?.join() !== shape.join()) {
      const problem = storedShape ? `has shape [${storedShape.join(', ')}]` : 'is missing';
      return `${name} ${problem}, expected [${shape.join(', ')}]`;
    }
  }
  return undefined;
}

/** The same, or the first tensor that isn't wanted; undefined if neither exists. */
export function differenceFrom(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  wanted: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  const extra = [...tensors.keys()].find((name) => !wanted.has(name));
  return missingFrom(tensors, wanted) ?? (extra && `${quote(extra)} does not belong to it`);
}

type Fail = (problem: string) => never;

function failureIn(source: string): Fail {
  return (problem) => {
    throw new UserError(
      'invalid-data',
      `cannot read ${source} as safetensors: ${problem}; the file is corrupt or in another format, use another copy`,
    );
  };
}

function readHeaderLength(bytes: Uint8Array, fail: Fail): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length > largestHeader ? fail('it does not start like a safetensors file') : Number(length);
}

function readHeader(
  bytes: Uint8Array,
  fail: Fail,
): { metadata: Record<string, string>; entries: TensorEntry[] } {
  const { depth, keys } = scanOutline(bytes);
  if (depth > deepestNesting) {
    return fail('its header is nested too deeply');
  }
  const header = parseJson(bytes, fail);
  if (!isObject(header)) {
    return fail('its header is not a JSON object');
  }
  if (countKeys(header) !== keys) {
    return fail('its header has the same name twice');
  }
  let metadata: Record<string, string> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== metadataName) {
      entries.push(readEntry(name, value, fail));
    } else if (isObject(value) && Object.values(value).every((text) => typeof text === 'string')) {
      metadata = value as Record<string, string>;
    } else {
      fail(`${metadataName} is not an object of strings`);
    }
  }
  return { metadata, entries };
}

/**
 * How deeply a JSON text is nested, and how many keys its objects have: parsing loses repeated ones, and takes
 * gigabytes for a few million brackets.
 */
function scanOutline(text: Uint8Array): { depth: number; keys: number } {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  for (let position = 0; position < text.length; position++) {
    switch (text[position]) {
      case 0x22: // "
        for (position++; position < text.length && text[position] !== 0x22; position++) {
          position += text[position] === 0x5c ? 1 : 0; // backslash
        }
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        deepest = Math.max(deepest, depth);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x3a: // :
        keys++;
        break;
    }
  }
  return { depth: deepest, keys };
}

function countKeys(value: unknown): number {
  const inside = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  const keyCount = isObject(value) ? inside.length : 0;
  return inside.reduce<number>((total, each) => total + countKeys(each), keyCount);
}

function parseJson(bytes: Uint8Array, fail: Fail): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('its header is not valid JSON');
  }
}

function readEntry(name: string, value: unknown, fail: Fail): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  const type = dataTypes.find((dataType) => dataType === dtype);
  if (type === undefined) {
    return fail(
      `tensor ${quote(name)} has ${typeof dtype === 'string' ? `type ${quote(dtype)}` : 'no type'}, only ${dataTypes.join(', ')} are supported`,
    );
  }
  if (!isCounts(shape)) {
    return fail(`the shape of tensor ${quote(name)} is not a list of sizes`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`the offsets of tensor ${quote(name)} are not two positions`);
  }
  const [begin, end] = offsets as [number, number];
  if (countElements(shape) * tensorTypes[type].BYTES_PER_ELEMENT !== end - begin) {
    return fail(
      `tensor ${quote(name)} of type ${type} and shape ${quote(shape.join(' x '))} cannot have ${end - begin} bytes`,
    );
  }
  return { name, type: tensorTypes[type], shape, begin, end };
}

/** Sorts the entries by position, checks for overlaps and gaps, and returns where the last one ends. */
function checkLayout(entries: TensorEntry[], fail: Fail): number {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected) {
      fail(
        `tensor ${quote(name)} starts at byte ${begin}, ${begin < expected ? 'inside' : 'not at the end of'} ` +
          `what comes before it (${expected})`,
      );
    }
    expected = end;
  }
  return expected;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** Text from a file for an error message: on one line and of limited length. */
export function quote(value: string): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** The key of the checksum in the metadata; the checksum does not cover itself. */
const OWN_KEY = 'checksum';

/**
 * SHA-256, in hexadecimal, of tensors: their names, shapes and bytes, in order; preceded by the metadata, if
 * any.
 */
export function tensorChecksum(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): string {
  return sha256(checksumParts(tensors, metadata));
}

function* checksumParts(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array | string> {
  for (const [key, value] of Object.entries(metadata)) {
    if (key !== OWN_KEY) {
      yield `${JSON.stringify([key, value])}\n`;
    }
  }
  for (const [name, { shape, data }] of tensors) {
    yield `${JSON.stringify([name, shape])}\n`;
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}
