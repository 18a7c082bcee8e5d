// The safetensors format, read and written: 8 bytes of header length, a JSON header, then the bytes of the
// tensors. Numbers are little-endian, as in the memory of every machine that Node runs on, so tensors are
// copied unchanged.
import { UserError } from '../errors.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import {
  largestHeader,
  lengthBytes,
  metadataName,
  quote,
  safetensorsHeader,
  type TensorTypeName,
} from './safetensorsHeader.ts';

/** The contents of a safetensors file: tensors in the order of their bytes, and text metadata. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Record<string, string>;
}

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
  const header = safetensorsHeader(bytes, source, bytes.length);
  if ('atLeast' in header) {
    throw new Error('the bytes of a whole file are enough for its header');
  }
  const tensors = new Map(
    [...header.tensors].map(([name, { type, shape, begin, end }]) => {
      const stored = bytes.subarray(begin, end);
      const aligned: Uint8Array =
        stored.byteOffset % type.BYTES_PER_ELEMENT === 0 ? stored : Uint8Array.from(stored);
      const count = stored.length / type.BYTES_PER_ELEMENT;
      const data: NdArray['data'] = new type(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
      return [name, { shape, data }];
    }),
  );
  return { tensors, metadata: header.metadata };
}
