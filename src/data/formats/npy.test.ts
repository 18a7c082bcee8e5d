import { expect, it } from 'vitest';
import { inMemory } from '../files/fileStore.ts';
import { readNpyHeader } from './npy.ts';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
/** A file of one array: NumPy's header, then `bytes` bytes. */
const npy = (header: string, bytes: number, version = 1): Uint8Array => {
  const length = latin1(String.fromCharCode(header.length & 255, header.length >> 8));
  const start = [latin1(`\x93NUMPY${String.fromCharCode(version)}\0`), length];
  return Buffer.concat([
    ...start,
    new Uint8Array(version === 1 ? 0 : 2),
    latin1(header),
    new Uint8Array(bytes),
  ]);
};
const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }\n`;
const read = (bytes: Uint8Array) => readNpyHeader(inMemory(bytes, 'a.npy'), 'a.npy');

it('finds the shape and the offset of the elements in each version of the header', async () => {
  const text = header('|u1', '2, 3L, 4');
  const array = { type: 'uint8', isLittle: true, shape: [2, 3, 4] };
  expect(await read(npy(text, 24))).toEqual({ ...array, offset: 10 + text.length });
  expect(await read(npy(text, 24, 2))).toEqual({ ...array, offset: 12 + text.length });
  expect((await read(npy(header('|u1', '5,', 'True'), 5))).shape).toEqual([5]);
  const unordered = "{ 'shape' : (2,1),'fortran_order':False, 'descr': '<u2' }  \n";
  expect(await read(npy(unordered, 4))).toMatchObject({ shape: [2, 1], type: 'uint16' });
});

it.each([
  ['not a .npy file', latin1('PK and something else'), 'not a .npy file'],
  ['a future version', npy(header('|u1', '2,'), 2, 4), '.npy version 4 is not supported'],
  ['halves', npy(header('<f2', '2,'), 4), 'its elements are of type "<f2": convert them'],
  [
    'floats without all bytes',
    npy(header('<f4', '2,'), 7),
    'truncated: 2 needs 8 bytes after the header, found 7',
  ],
  ['Fortran order', npy(header('|u1', '2, 2', 'True'), 4), 'in Fortran order'],
  [
    'too few bytes',
    npy(header('|u1', '2, 2'), 3),
    'truncated: 2 x 2 needs 4 bytes after the header, found 3',
  ],
  ['too many bytes', npy(header('|u1', '2, 2'), 5), 'too long'],
  ['an empty array', npy(header('|u1', '0, 2'), 0), 'the array is empty'],
  ['objects', npy(header('|O', '2,'), 2), 'its elements are of type "|O"'],
  ['a header without a shape', npy("{'descr': '|u1'}", 2), 'corrupt or not a plain array'],
  [
    'the entries of an array within a text',
    npy(
      `{'descr': '|u1', 'x': "'fortran_order': False, 'shape': (2,)", 'shape': (2,), 'fortran_order': True}`,
      2,
    ),
    'corrupt or not a plain array',
  ],
  [
    'a shape twice',
    npy("{'shape': (2, 1), 'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)}", 2),
    'corrupt or not a plain array',
  ],
  ['a header longer than the file', npy(header('|u1', '2,'), 2).subarray(0, 20), 'its header claims'],
])('rejects %s', async (_, bytes, message) => {
  await expect(read(bytes)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(message),
  });
});
