// MNIST's IDX format: a big-endian header with element type and dimensions, then the elements, row-major.
import { constants, gunzipSync, type ZlibOptions } from 'node:zlib';
import { UserError } from '../../core/errors.ts';
import { countElements } from '../../core/numeric/index.ts';
import { Budget, requireSize } from '../contract/reading.ts';
import { withFile } from '../files/files.ts';
import { dataView, isGzip } from './bytes.ts';

/** An array of unsigned bytes, row-major: `data.length` is the product of `shape`. */
interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The first bytes of a file, gzipped or not, have its header: at most 1,024 bytes. */
const startBytes = 2 ** 12;
const unsignedByte = 0x08;

/**
 * Reads an IDX file, as `readIdx` does, unless its header is refused.
 *
 * @param accept called with the shape before memory is allocated; throws if the array is not wanted
 */
export function readIdxFile(
  path: string,
  accept: (shape: readonly number[], budget: Budget) => void,
): Promise<IdxArray> {
  return withFile(path, async (file) => {
    const start = await file.read(0, Math.min(startBytes, file.size));
    const budget = new Budget(path, file.size);
    const { shape, length } = readHeader(start, path);
    accept(shape, budget);
    if (isGzip(start)) {
      // An upper bound for incompressible data.
      requireSize(file.size, 2 * countElements(shape) + 2 ** 16, path);
    } else {
      requireLength(file.size - length, shape, path);
    }
    return readIdx(await file.read(0, file.size), path, budget);
  });
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzipped.
 *
 * The header: two zero bytes, the type code, the number of dimensions, each dimension as uint32.
 * The result's `data` is a view of `bytes` if those are not compressed.
 *
 * @throws UserError unless the file is exactly one complete, non-empty array
 */
export function readIdx(
  bytes: Uint8Array,
  source: string,
  budget = new Budget(source, bytes.length),
): IdxArray {
  const { shape, length } = readHeader(bytes.subarray(0, startBytes), source);
  const expected = countElements(shape);
  let plain = bytes;
  if (isGzip(bytes)) {
    budget.spend(length + expected, 'bytes');
    const limit = length + expected + 1;
    // A single chunk: several would be concatenated into a copy.
    plain = gunzip(bytes, source, { maxOutputLength: limit, chunkSize: Math.max(64, limit) });
  }
  const data = plain.subarray(length);
  requireLength(data.length, shape, source);
  return { shape, data };
}

function readHeader(
  start: Uint8Array,
  source: string,
): { readonly shape: readonly number[]; readonly length: number } {
  // These are only the first bytes, so a missing end is not an error.
  const plain = isGzip(start) ? gunzip(start, source, { finishFlush: constants.Z_SYNC_FLUSH }) : start;
  const fail = (problem: string): never => {
    throw new UserError('invalid-data', `${source}: ${problem}`);
  };
  if (plain.length === 0) {
    fail('the file is empty');
  }
  if (plain.length < 4) {
    fail(`the IDX header is truncated: expected at least 4 bytes, found ${plain.length}`);
  }
  const view = dataView(plain);
  const magic = view.getUint16(0);
  if (magic !== 0) {
    fail(`not an IDX file: expected it to start with the bytes 0000, found ${hex(magic, 4)}`);
  }
  const type = view.getUint8(2);
  if (type !== unsignedByte) {
    fail(`IDX type code ${hex(type, 2)} is not supported: expected 08 (unsigned bytes)`);
  }
  const rank = view.getUint8(3);
  if (rank === 0) {
    fail('the IDX header has 0 dimensions: expected at least 1');
  }
  const headerLength = 4 + 4 * rank;
  if (plain.length < headerLength) {
    fail(`the IDX header is truncated: ${rank} dimensions need ${headerLength} bytes, found ${plain.length}`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.includes(0)) {
    fail(`the IDX array is empty: its dimensions are ${shape.join(' x ')}`);
  }
  return { shape, length: headerLength };
}

function requireLength(actual: number, shape: readonly number[], source: string): void {
  const expected = countElements(shape);
  if (actual !== expected) {
    const state = actual < expected ? 'truncated' : 'too long';
    throw new UserError(
      'invalid-data',
      `${source}: the IDX data is ${state}: ${shape.join(' x ')} needs ${expected} bytes after the header, found ${actual}`,
    );
  }
}

function gunzip(bytes: Uint8Array, source: string, options: ZlibOptions): Uint8Array {
  try {
    return gunzipSync(bytes, options);
  } catch (cause) {
    const isTooLong = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      'invalid-data',
      isTooLong
        ? `${source}: the IDX data is too long: it decompresses to more bytes than its header says`
        : `${source}: the gzip data (${bytes.length} bytes) is corrupt: ${reason}`,
      { cause },
    );
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
