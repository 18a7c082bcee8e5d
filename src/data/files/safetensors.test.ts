import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { catchUserError } from '../../testing/catchUserError.ts';
import { fileWithHeader } from '../../testing/safetensorsFiles.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

function normalArray(type: 'F32' | 'F64', shape: readonly number[], ...path: (string | number)[]): NdArray {
  const size = shape.reduce((product, length) => product * length, 1);
  const numbers = new RandomStream(3, ...path).normals(size);
  return { shape, data: type === 'F32' ? Float32Array.from(numbers) : numbers };
}

const example = new Map<string, NdArray>([
  // An odd number of float32 before a float64 array: the latter is not aligned in the file.
  ['weights/levels/0/steps/3/emerging/kernel1', normalArray('F32', [3, 1, 1], 'a')],
  ['7', normalArray('F64', [2, 3], 'b')],
  ['scalar', normalArray('F64', [], 'c')],
  ['none', { shape: [0, 4], data: new Float32Array(0) }],
]);
const exampleMetadata = { step: '40', note: 'Größe "ü" \n', zeta: '' };

/** A file with this header, as text, and this many bytes of data. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return fileWithHeader(text, new Uint8Array(dataBytes));
}

const readFailure = (bytes: Uint8Array): string =>
  catchUserError(() => decodeSafetensors(bytes, 'runs/a/step.safetensors')).message;

describe('encodeSafetensors', () => {
  it('writes the format byte for byte', () => {
    const tensors = new Map([['b', { shape: [2], data: Float32Array.of(1, -2) }]]);
    const bytes = encodeSafetensors(tensors, { a: 'x' });
    const header = '{"__metadata__":{"a":"x"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    expect(Buffer.from(bytes.subarray(0, 8))).toEqual(Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]));
    expect(Buffer.from(bytes.subarray(8, -8)).toString()).toBe(padded);
    expect([...bytes.subarray(-8)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('rejects a file above 2 GiB before creating one', () => {
    const large = { shape: [2 ** 20], data: new Float64Array(2 ** 20) };
    const tensors = new Map(Array.from({ length: 256 }, (_, index) => [`tensor${index}`, large]));
    expect(() => encodeSafetensors(tensors, {})).toThrow(/limit is 2 GiB/);
  });

  it('rejects an array that contradicts its shape', () => {
    const wrong = new Map([['b', { shape: [3], data: Float32Array.of(1, -2) }]]);
    expect(() => encodeSafetensors(wrong, {})).toThrow('"b" has 2 elements and shape [3]');
  });
});

describe('decodeSafetensors', () => {
  it('reads back what was written, in order, bit for bit', () => {
    const shape = fc.array(fc.nat({ max: 3 }), { maxLength: 4 });
    const tensor = fc.tuple(fc.constantFrom('F32' as const, 'F64' as const), shape);
    const name = fc
      .string({ unit: 'binary' })
      .filter((text) => text !== '__metadata__' && !/^\d+$/.test(text));
    const texts = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key }),
        texts,
        (list, metadata) => {
          const tensors = new Map(
            list.map(([key, [type, size]], index) => [key, normalArray(type, size, index)]),
          );
          const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), 'f');
          expect([...decoded.tensors]).toEqual([...tensors]);
          expect({ ...decoded.metadata }).toEqual({ ...metadata });
          expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(
            encodeSafetensors(tensors, metadata),
          );
        },
      ),
    );
  });

  it('keeps the bits of NaN, infinities and negative zero, and the position of names that look like integers', () => {
    const data = new Float32Array(Uint32Array.of(0x7fc00123, 0x7f800000, 0x80000000, 1).buffer);
    const tensors = new Map([...example, ['odd', { shape: [4], data }]]);
    const decoded = decodeSafetensors(encodeSafetensors(tensors, exampleMetadata), 'f');
    expect([...decoded.tensors.keys()]).toEqual([...tensors.keys()]);
    const odd = decoded.tensors.get('odd')!.data;
    expect([...new Uint32Array(odd.buffer.slice(odd.byteOffset, odd.byteOffset + 16))]).toEqual([
      0x7fc00123, 0x7f800000, 0x80000000, 1,
    ]);
  });

  it('does not copy aligned tensors, and reads a file at an odd address', () => {
    const bytes = encodeSafetensors(example, exampleMetadata);
    const decoded = decodeSafetensors(bytes, 'f');
    expect(decoded.tensors.get('weights/levels/0/steps/3/emerging/kernel1')!.data.buffer).toBe(bytes.buffer);
    expect(decoded.tensors.get('7')!.data.buffer).not.toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeSafetensors(shifted.subarray(3), 'f')).toEqual({
      tensors: example,
      metadata: exampleMetadata,
      bytes: new Map(),
    });
    expect(decodeSafetensors(Buffer.from(bytes), 'f')).toEqual({
      tensors: example,
      metadata: exampleMetadata,
      bytes: new Map(),
    });
  });

  it('returns plain bytes next to tensors', () => {
    const bytes = new Map([['coded', Uint8Array.of(1, 2, 3)]]);
    const file = encodeSafetensors(example, exampleMetadata, bytes);
    expect(decodeSafetensors(file, 'f')).toEqual({ tensors: example, metadata: exampleMetadata, bytes });
  });

  it('rejects a file truncated anywhere, in one line with its path', () => {
    const bytes = encodeSafetensors(example, exampleMetadata);
    for (let length = 0; length < bytes.length; length++) {
      const message = readFailure(bytes.slice(0, length));
      expect(message).toContain('runs/a/step.safetensors');
      expect(message).not.toContain('\n');
      expect(message).toMatch(length < 8 ? /too few for a header/ : /truncated/);
    }
  });

  it('returns a consistent result or throws a UserError for random and corrupt bytes', () => {
    const valid = encodeSafetensors(example, exampleMetadata);
    const damaged = fc
      .array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), {
        minLength: 1,
        maxLength: 4,
      })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [index, value] of changes) {
          bytes[index] = value;
        }
        return bytes;
      });
    const withHeader = fc.json().map((text) => fileWith(text, 16));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged, withHeader), (bytes) => {
        try {
          for (const { shape, data } of decodeSafetensors(bytes, 'f').tensors.values()) {
            expect(data.length).toBe(shape.reduce((product, length) => product * length, 1));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as UserError).message).not.toContain('\n');
        }
      }),
      { numRuns: 1000 },
    );
  });

  const tensor = (begin: number, end: number, count = (end - begin) / 4, dtype: unknown = 'F32') => ({
    dtype,
    shape: [count],
    data_offsets: [begin, end],
  });
  it.each<[string, unknown, number, RegExp]>([
    ['invalid JSON', '{"a":', 0, /not valid JSON/],
    ['a header that is not an object', [1], 0, /not a JSON object/],
    ['an unknown type', { a: tensor(0, 4, 2, 'BF16') }, 4, /"a" has type "BF16", only F32, F64, U8/],
    ['no type', { a: 5 }, 4, /"a" has no type/],
    ['a negative size', { a: tensor(0, 4, -1) }, 4, /shape of tensor "a"/],
    ['a nested shape', { a: { ...tensor(0, 4), shape: [[1]] } }, 4, /nested too deeply/],
    ['millions of brackets', '['.repeat(10_000_000), 0, /nested too deeply/],
    ['a shape of text', { a: { ...tensor(0, 4), shape: ['1'] } }, 4, /shape of/],
    [
      'a name twice',
      `{"a":${JSON.stringify(tensor(0, 4))},"\\u0061":${JSON.stringify(tensor(0, 4))}}`,
      4,
      /the same name twice/,
    ],
    ['a key twice', '{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4, /name twice/],
    ['a fraction of a byte', { a: tensor(0.5, 4.5, 1) }, 8, /offsets of tensor "a"/],
    ['offsets backwards', { a: tensor(8, 4, 1) }, 8, /cannot have -4 bytes/],
    ['a wrong size', { a: tensor(0, 8, 3) }, 8, /F32 and shape "3" cannot have 8 bytes/],
    [
      'an endless shape',
      { a: { ...tensor(0, 4), shape: [2 ** 52, 2 ** 52, 0, 1] } },
      4,
      /cannot have 4 bytes/,
    ],
    ['a gap', { a: tensor(0, 4), b: tensor(8, 12) }, 12, /"b" starts at byte 8, not at the end/],
    ['a gap at the start', { a: tensor(4, 8) }, 8, /"a" starts at byte 4/],
    ['an overlap', { a: tensor(0, 8), b: tensor(4, 12) }, 12, /"b" starts at byte 4, inside/],
    ['too much data', { a: tensor(0, 4) }, 7, /3 bytes at its end/],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, /object of strings/],
    ['a name with a line break', { 'a\nb': tensor(4, 8) }, 8, /"a\\nb"/],
  ])('rejects %s', (_, header, dataBytes, message) => {
    expect(readFailure(fileWith(header, dataBytes))).toMatch(message);
  });

  it('rejects an absurd header length', () => {
    expect(readFailure(new TextEncoder().encode('<!DOCTYPE html>'))).toMatch(
      /as safetensors: it does not start like a safetensors file/,
    );
  });
});
