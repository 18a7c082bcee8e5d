// Compressed files whose checksums are right and whose contents are not.

import { joinBytes } from '../../core/numeric/arrays.ts';
import { encodeRecord } from '../../uses/codec/file/records.ts';

const about = { first: 0, names: ['a'], runs: [[0, 1]], pixels: '0123456789abcdef' };
const long = 'a'.repeat(1000);

/** Hostile contents by name: each file begins with the header of a sound file, `start`. */
export function hostileCompressedFiles(start: Uint8Array): ReadonlyMap<string, () => Uint8Array> {
  /** A block with a description and so many bytes, and the end of the file. */
  const file = (description: unknown, bytes = 71): Uint8Array => {
    const text = typeof description === 'string' ? description : JSON.stringify(description);
    const block = encodeRecord({ kind: 'block', number: 0, about: text, bytes: new Uint8Array(bytes) });
    const end = encodeRecord({
      kind: 'end',
      number: 1,
      about: '{"blocks":1,"images":1}',
      bytes: new Uint8Array(),
    });
    return joinBytes([start, block, end]);
  };
  return new Map<string, () => Uint8Array>([
    [
      'names without end',
      () => file({ ...about, names: [[`${long} 00000000`, 2 ** 24]], runs: [[0, 2 ** 24]] }),
    ],
    ['long names without end', () => file({ ...about, names: [[`${long.repeat(20)}0000000`, 2 ** 22]] })],
    [
      'names that share a long start',
      () =>
        file({ ...about, names: [long.repeat(50), ...Array(1999).fill([50_000, 'b'])], runs: [[0, 2000]] }),
    ],
    ['eight images a byte', () => file({ ...about, names: [['00000', 16_000]], runs: [[8, 2000]] }, 2000)],
    ['more names than images', () => file({ ...about, names: ['a', 'b'] })],
    ['a name of digits', () => file({ ...about, names: [['1'.repeat(200_000), 2]], runs: [[0, 2]] })],
    [
      'a name of letters and digits',
      () => file({ ...about, names: [['1a'.repeat(100_000), 2]], runs: [[0, 2]] }),
    ],
    ['a negative shared length', () => file({ ...about, names: ['abc', [-1, 'a']], runs: [[0, 2]] })],
    ['half a shared character', () => file({ ...about, names: ['abc', [0.5, 'a']], runs: [[0, 2]] })],
    [
      'more shared characters than there are',
      () => file({ ...about, names: ['abc', [4, 'a']], runs: [[0, 2]] }),
    ],
    ['an entry of three', () => file({ ...about, names: [['a', 1, 1]] })],
    ['a count of half an image', () => file({ ...about, names: [['a1', 0.5]] })],
    ['no count', () => file({ ...about, names: [['a1', 0]] })],
    ['names that are an object', () => file({ ...about, names: { length: 1, 0: 'a' } })],
    [
      'nested names',
      () => file(`{"first":0,"names":${'['.repeat(2e6)}${']'.repeat(2e6)},"runs":[[0,1]],"pixels":""}`),
    ],
    [
      'a million runs',
      () => file(`{"first":0,"names":["a"],"runs":[${'[1,1],'.repeat(6e5)}[1,1]],"pixels":""}`),
    ],
    ['runs of text', () => file(`{"first":0,"names":["a"],"runs":[${'"",'.repeat(1.2e6)}0],"pixels":""}`)],
    ['a run without end', () => file({ ...about, runs: [[0, Number.MAX_SAFE_INTEGER]] })],
    [
      'a run of -1 images',
      () =>
        file({
          ...about,
          runs: [
            [0, -1],
            [0, 2],
          ],
        }),
    ],
    ['a batch of a thousand', () => file({ ...about, names: [['0000', 1000]], runs: [[1000, 1]] })],
    [
      'shapes of nothing',
      () => file(`{"first":0,"names":["a"],"shapes":[${'0,'.repeat(2e6)}0],"runs":[[0,1]],"pixels":""}`),
    ],
    ['a shape of another size', () => file({ ...about, shapes: [[65_535, 65_535, 3, 1]] })],
    ['a shape without pixels', () => file({ ...about, shapes: [[0, 8, 1, 1]] })],
    ['too few shapes', () => file({ ...about, shapes: [] })],
    ['a position before the first', () => file({ ...about, first: -1 })],
    ['a position beyond whole numbers', () => file({ ...about, first: 1e300 })],
    ['no bytes', () => file(about, 0)],
    ['half a word', () => file(about, 8)],
    ['more bytes than its image', () => file(about, 2 ** 24)],
    ['a block of nothing', () => file('null')],
    [
      'marks without records',
      () =>
        joinBytes([start, Uint8Array.from({ length: 2 ** 22 }, (_, i) => [0xef, 0x6c, 0x0d, 0x0a][i % 4]!)]),
    ],
    ['the first byte of marks', () => joinBytes([start, new Uint8Array(2 ** 22).fill(0xef)])],
  ]);
}
