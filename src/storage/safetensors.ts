// The safetensors format, read and written: 8 bytes of header length, a JSON header, then the bytes of the
// tensors. Numbers are little-endian, as in the memory of every machine that Node runs on, so tensors are
// copied unchanged.
import { UserError } from '../errors.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';

/** The contents of a safetensors file: tensors in the order of their bytes, and text metadata. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Record<string, string>;
}

interface TensorEntry {
  readonly name: string;
  readonly type: (typeof tensorTypes)[TensorTypeName];
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type TensorTypeName = keyof typeof tensorTypes;

const tensorTypes = { F32: Float32Array, F64: Float64Array };
const metadataName = '__metadata__';
const lengthBytes = 8;
/**
 * A longer header means that this is another kind of file: a model of 6 levels, 200 steps each, stays below
 * it. The format's reference implementation allows 100 MB, whose text takes gigabytes to parse.
 */
const largestHeader = 2 ** 24;
/** The header, an object in it, and a list in that. */
const deepestNesting = 3;
/** Node reads and writes at most this much of a file at once. */
const largestFile = 2 ** 31 - 1;

/**
 * The bytes of a safetensors file with these tensors, laid out in the order of the map; the same input
 * returns the same bytes. The data starts at a multiple of 8 bytes.
 *
 * @throws UserError if the file would be larger than 2 GiB
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Record<string, string>,
): Uint8Array {
  // Entries are joined by hand because an object would move names that look like integers to the front.
  const entries = [`"${metadataName}":${JSON.stringify(metadata)}`];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === metadataName || sizeOf(shape) !== data.length) {
      throw new Error(`tensor ${quote(name)} has ${data.length} elements and shape [${shape.join(', ')}]`);
    }
    const begin = end;
    end += data.byteLength;
    const dtype: TensorTypeName = data instanceof Float32Array ? 'F32' : 'F64';
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const dataStart = lengthBytes + headerLength;
  if (headerLength > largestHeader || dataStart + end > largestFile) {
    throw new UserError(
      'unsupported',
      `a safetensors file of ${dataStart + end} bytes cannot be written: the limit is 2 GiB; use a smaller model`,
    );
  }
  const bytes = new Uint8Array(dataStart + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, lengthBytes);
  bytes.fill(0x20, lengthBytes + json.length, dataStart);
  let position = dataStart;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the bytes of a safetensors file. The tensors are views of `bytes` where alignment allows it, copies
 * elsewhere: changing `bytes` afterwards may change them.
 *
 * @param source the file's path, for errors
 * @throws UserError in one line with `source` if anything in the file contradicts itself or the format
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const fail = failureIn(source);
  if (bytes.length < lengthBytes) {
    return fail(`it has ${bytes.length} bytes, too few for a header`);
  }
  const headerLength = readHeaderLength(bytes, fail);
  const dataStart = lengthBytes + headerLength;
  if (dataStart > bytes.length) {
    return fail(`it is truncated, with ${bytes.length - lengthBytes} of ${headerLength} bytes of its header`);
  }
  const { metadata, entries } = readHeader(bytes.subarray(lengthBytes, dataStart), fail);
  const expected = checkLayout(entries, fail);
  const available = bytes.length - dataStart;
  if (expected > available) {
    return fail(`it is truncated, with ${available} of ${expected} bytes of tensors`);
  }
  if (expected < available) {
    return fail(`${available - expected} bytes at its end do not belong to any tensor`);
  }
  const tensors = new Map(
    entries.map(({ name, type, shape, begin, end }) => {
      const stored = bytes.subarray(dataStart + begin, dataStart + end);
      const aligned: Uint8Array =
        stored.byteOffset % type.BYTES_PER_ELEMENT === 0 ? stored : Uint8Array.from(stored);
      const count = stored.length / type.BYTES_PER_ELEMENT;
      const data: NdArray['data'] = new type(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
      return [name, { shape, data }];
    }),
  );
  return { tensors, metadata };
}

/**
 * The size of a safetensors file, from its beginning.
 *
 * @returns the size, or `atLeast`, the number of bytes needed to know it
 * @throws UserError as `decodeSafetensors` does
 */
export function safetensorsSize(
  start: Uint8Array,
  source: string,
): { readonly size: number } | { readonly atLeast: number } {
  if (start.length < lengthBytes) {
    return { atLeast: lengthBytes };
  }
  const fail = failureIn(source);
  const dataStart = lengthBytes + readHeaderLength(start, fail);
  if (start.length < dataStart) {
    return { atLeast: dataStart };
  }
  return {
    size: dataStart + checkLayout(readHeader(start.subarray(lengthBytes, dataStart), fail).entries, fail),
  };
}

type Fail = (what: string) => never;

function failureIn(source: string): Fail {
  return (what) => {
    throw new UserError(
      'invalid-data',
      `cannot read ${source} as safetensors: ${what}; the file is corrupt or in another format, use another copy`,
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
  const { depth, keys } = outlineOf(bytes);
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
function outlineOf(text: Uint8Array): { depth: number; keys: number } {
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
  const own = isObject(value) ? inside.length : 0;
  return inside.reduce<number>((total, each) => total + countKeys(each), own);
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
  if (dtype !== 'F32' && dtype !== 'F64') {
    return fail(
      `tensor ${quote(name)} has ${typeof dtype === 'string' ? `type ${quote(dtype)}` : 'no type'}, only F32 and F64 are supported`,
    );
  }
  if (!isCounts(shape)) {
    return fail(`the shape of tensor ${quote(name)} is not a list of sizes`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`the offsets of tensor ${quote(name)} are not two positions`);
  }
  const type = tensorTypes[dtype];
  const [begin, end] = offsets as [number, number];
  if (sizeOf(shape) * type.BYTES_PER_ELEMENT !== end - begin) {
    return fail(
      `tensor ${quote(name)} of type ${dtype} and shape ${quote(shape.join(' x '))} cannot have ${end - begin} bytes`,
    );
  }
  return { name, type, shape, begin, end };
}

/** Sorts the entries by position, checks that there are no overlaps or gaps, and returns where the last one ends. */
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

/** Text from the file for an error message: on one line and of limited length. */
function quote(value: string): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
