import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { idxBytes } from '../../testing/tinyImages.ts';
import { readIdx } from './idx.ts';

const arrays = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return fc.record({
    shape: fc.constant(shape),
    data: fc.uint8Array({ minLength: size, maxLength: size }),
  });
});

const failure = (bytes: Uint8Array): string => catchUserError(() => readIdx(bytes, 'some/file')).message;

describe('readIdx', () => {
  it('reads what was written: plain, gzipped, and from the middle of a larger buffer', () => {
    fc.assert(
      fc.property(arrays, ({ shape, data }) => {
        const bytes = idxBytes(shape, data);
        const inside = Uint8Array.from([7, 7, 7, ...bytes, 7]).subarray(3, 3 + bytes.length);
        for (const file of [bytes, gzipSync(bytes), inside]) {
          const read = readIdx(file, 'some/file');
          expect(read.shape).toEqual(shape);
          expect([...read.data]).toEqual([...data]);
        }
      }),
    );
  });

  it('reads dimensions as big-endian 32-bit numbers', () => {
    expect(readIdx(idxBytes([0x10203], new Uint8Array(0x10203)), 'some/file').shape).toEqual([0x10203]);
    expect(failure(idxBytes([0xf0000001], new Uint8Array(3)))).toContain('4026531841');
  });

  it('rejects every truncation and every extension, plain or gzipped', () => {
    fc.assert(
      fc.property(arrays, fc.nat(), fc.uint8Array({ minLength: 1 }), ({ shape, data }, cut, extra) => {
        const bytes = idxBytes(shape, data);
        const shorter = bytes.subarray(0, cut % bytes.length);
        const zipped = gzipSync(bytes);
        const wrong = [shorter, gzipSync(shorter), zipped.subarray(0, cut % zipped.length)];
        for (const file of [...wrong, Uint8Array.from([...bytes, ...extra])]) {
          expect(failure(file)).toMatch(/^some\/file: .*(truncated|too long|empty|corrupt)/);
        }
      }),
    );
  });

  it.each([
    ['nothing', [], 'the file is empty'],
    ['a gzip of nothing', [...gzipSync('')], 'the file is empty'],
    ['a short header', [0, 0, 8], 'expected at least 4 bytes, found 3'],
    ['a wrong magic', [0x50, 0x4b, 3, 4, 0], 'expected it to start with the bytes 0000, found 504b'],
    ['float elements', [0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0], 'type code 0d is not supported'],
    ['no dimensions', [0, 0, 8, 0, 5], '0 dimensions'],
    ['missing dimensions', [0, 0, 8, 3, 0, 0, 0, 1], '3 dimensions need 16 bytes, found 8'],
    ['a zero dimension', [0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0], 'is empty: its dimensions are 3 x 0'],
    ['too few elements', [0, 0, 8, 1, 0, 0, 0, 3, 9], 'truncated: 3 needs 3 bytes after the header, found 1'],
    [
      'too many elements',
      [0, 0, 8, 1, 0, 0, 0, 1, 9, 9],
      'too long: 1 needs 1 bytes after the header, found 2',
    ],
    ['a broken gzip', [0x1f, 0x8b, 1, 2, 3], 'the gzip data (5 bytes) is corrupt'],
  ])('reports %s', (_, bytes, message) => {
    expect(failure(Uint8Array.from(bytes))).toContain(message);
  });
});
