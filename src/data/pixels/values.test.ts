import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { pixelsFromValues, reduceBits, toFullRange } from './values.ts';

const golden = process.env.GOLDEN ?? fileURLToPath(new URL('../../../golden', import.meta.url));
interface Case {
  x: { data: number[] };
  image: { data: number[] };
  expected: Record<string, { data: number[] }>;
}
const read = (name: string): Case => JSON.parse(readFileSync(join(golden, name), 'utf8'));

const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);
const bitDepths = [1, 2, 3, 4, 5, 6, 7, 8];

describe('golden cases', () => {
  const pixels = read('pixels.json');
  it.each(Object.entries(pixels.expected))('pixels from values at %s bits', (bits, { data }) => {
    expect([...pixelsFromValues(pixels.x.data, Number(bits))]).toEqual(data);
  });

  const reduced = read('reduce-bits.json');
  it.each(Object.entries(reduced.expected))('8-bit pixels reduced to %s bits', (bits, { data }) => {
    expect([...reduceBits(Uint8Array.from(reduced.image.data), Number(bits))]).toEqual(data);
  });
});

describe('pixelsFromValues', () => {
  it('inverts dequantisation, in float32 too', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bitDepths), fc.nat(255), fc.nat(2 ** 16 - 1), (bits, byte, noise) => {
        const pixel = byte >> (8 - bits);
        const value = (pixel + noise / 2 ** 16) / 2 ** bits - 0.5;
        expect([...pixelsFromValues(Float32Array.of(value), bits)]).toEqual([pixel]);
        expect([...pixelsFromValues(Float64Array.of(value), bits)]).toEqual([pixel]);
      }),
    );
  });

  it('clips infinite values, and rejects NaN with its position', () => {
    expect([...pixelsFromValues([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 5)]).toEqual([31, 0]);
    expect(() => pixelsFromValues([0, Number.NaN, 0], 8)).toThrow(UserError);
    expect(() => pixelsFromValues([0, Number.NaN, 0], 8)).toThrow('value 1 of 3 of the images is NaN');
  });
});

describe('toFullRange', () => {
  it.each(bitDepths)('spans black to white at %i bits, and is inverted by reduceBits', (bits) => {
    const pixels = everyByte.subarray(0, 2 ** bits);
    const shown = toFullRange(pixels, bits);
    expect([shown[0], shown.at(-1)]).toEqual([0, 255]);
    expect(reduceBits(shown, bits)).toEqual(pixels);
  });

  it('changes nothing at 8 bits, and rejects pixels that do not fit', () => {
    expect(toFullRange(everyByte, 8)).toEqual(everyByte);
    expect(() => toFullRange(Uint8Array.of(31, 32), 5)).toThrow('pixel 32 does not fit in 5 bits');
  });
});

it.each([0, 17, 2.5, Number.NaN])('rejects %d bits', (bits) => {
  for (const convert of [reduceBits, pixelsFromValues, toFullRange]) {
    expect(() => convert(everyByte, bits)).toThrow(`not ${bits}`);
  }
});

it('rejects more bits than an array has', () => {
  for (const convert of [reduceBits, toFullRange]) {
    expect(() => convert(everyByte, 9)).toThrow('pixels of 8 bits have no 9');
  }
});
