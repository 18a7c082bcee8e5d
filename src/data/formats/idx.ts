// MNIST's IDX format: a big-endian header with element type and dimensions, then the elements, row-major.
import { gunzipSync } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { maxBytesAtOnce } from '../../storage/randomAccess.ts';
import { Budget } from '../contract/budget.ts';
import { isGzip, viewOf } from './bytes.ts';

/** An array of unsigned bytes, row-major: `data.length` is the product of `shape`. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Gzipped files are decompressed in chunks of this size. */
const chunkBytes = 2 ** 20;
const unsignedByte = 0x08;
const elementTypes = new Map([
  [unsignedByte, 'unsigned bytes'],
  [0x09, 'signed bytes'],
  [0x0b, '16-bit integers'],
  [0x0c, '32-bit integers'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

/**
 * Reads an IDX file of unsigned bytes, plain or gzipped.
 *
 * The header: two zero bytes, the type code, the number of dimensions, each dimension as uint32.
 * The result's `data` is a view of `bytes` if those are not compressed.
 *
 * @param source the file, for errors
 * @param budget charged for the decompressed bytes; by default the budget of a file of this size
 * @throws UserError unless the file is exactly one complete, non-empty array
 */
export function readIdx(
  bytes: Uint8Array,
  source: string,
  budget = new Budget(source, bytes.length),
): IdxArray {
  const plain = isGzip(bytes) ? decompress(bytes, source, budget) : bytes;
  const fail = (what: string): never => {
    throw new UserError('invalid-data', `${source}: ${what}`);
  };
  if (plain.length === 0) {
    fail('the file is empty');
  }
  if (plain.length < 4) {
    fail(`the IDX header is truncated: expected at least 4 bytes, found ${plain.length}`);
  }
  const view = viewOf(plain);
  const magic = view.getUint16(0);
  if (magic !== 0) {
    fail(`not an IDX file: expected it to start with the bytes 0000, found ${hex(magic, 4)}`);
  }
  const type = view.getUint8(2);
  if (type !== unsignedByte) {
    const found = elementTypes.get(type) ?? 'unknown';
    fail(`IDX type code ${hex(type, 2)} (${found}) is not supported: expected 08 (unsigned bytes)`);
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
  const data = plain.subarray(headerLength);
  const expected = sizeOf(shape);
  if (data.length !== expected) {
    const state = data.length < expected ? 'truncated' : 'too long';
    fail(
      `the IDX data is ${state}: ${shape.join(' x ')} needs ${expected} bytes after the header, found ${data.length}`,
    );
  }
  return { shape, data };
}

function decompress(bytes: Uint8Array, source: string, budget: Budget): Uint8Array {
  try {
    return gunzipSync(bytes, {
      maxOutputLength: Math.min(maxBytesAtOnce, budget.left('bytes')),
      chunkSize: chunkBytes,
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      budget.spend(budget.left('bytes') + 1, 'bytes');
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      'invalid-data',
      `${source}: the gzip data (${bytes.length} bytes) is corrupt: ${reason}`,
      { cause },
    );
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
