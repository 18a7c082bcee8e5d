import { compressors } from 'hyparquet-compressors';
import { expect, it } from 'vitest';
import { requireSingleZstdFrame } from './parquetPages.ts';

/** A single-segment frame with 5 bytes according to its header, and one last block of them, uncompressed. */
const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 5 * 8 + 1, 0, 0, 1, 2, 3, 4, 5];
const check = (bytes: readonly number[], size: number) =>
  requireSingleZstdFrame(Uint8Array.from(bytes), size);

it('accepts one frame of the expected size, which the decoder reads', () => {
  check(frame, 5);
  expect([...compressors.ZSTD!(Uint8Array.from(frame), 5)]).toEqual([1, 2, 3, 4, 5]);
  // 300 bytes in two blocks: a byte repeated 295 times, then five raw ones; the size is stored less 256.
  check([0x28, 0xb5, 0x2f, 0xfd, 0x60, 44, 0, 3 - 1 + 0x38, 9, 0, 7, ...frame.slice(6)], 300);
});

it.each([
  ['another size', frame, 6],
  ['a second frame after it', [...frame, ...frame], 5],
  ['fewer bytes than its blocks require', frame.slice(0, -1), 5],
  ['something else', [0x29, ...frame.slice(1)], 5],
  ['no size in its header', [0x28, 0xb5, 0x2f, 0xfd, 0, 0, ...frame.slice(6)], 5],
  ['only a header', frame.slice(0, 5), 5],
])('rejects %s', (_, bytes, size) => {
  expect(() => check(bytes, size)).toThrow();
});
