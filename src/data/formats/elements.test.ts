import { expect, it } from 'vitest';
import { readElements } from './elements.ts';

const doubles = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
const read = (bytes: Uint8Array) =>
  readElements(bytes, { type: 'float64', isLittle: true }, 'a.npy: image 3');

it('rounds float64 to float32, and says by how much', () => {
  const { values, rounding } = read(doubles(0.1, 1, -7e30, 0));
  expect(values).toEqual(Float32Array.of(0.1, 1, -7e30, 0));
  const errors = [0.1, -7e30].map((value) => Math.abs(Math.fround(value) - value));
  expect(rounding).toBe(Math.max(...errors) / 7e30);
  expect(read(doubles(0.5, 1, 2 ** 24)).rounding).toBe(0);
});

it('keeps NaN and infinity, which are counted later', () => {
  expect(read(doubles(Number.NaN, Number.NEGATIVE_INFINITY)).values).toEqual(
    Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY),
  );
});

it('rounds values that are negligible relative to the largest to 0', () => {
  const { values, rounding } = read(doubles(-2, 1e-50, 1e-44, 0.5));
  expect(values).toEqual(Float32Array.of(-2, 0, 1e-44, 0.5));
  expect(rounding).toBeGreaterThan(0);
  expect(rounding).toBeLessThan(1e-40);
});

it.each([1e39, -1e39, 1e-50, 1e-44])('refuses %s, which float32 cannot hold', (value) => {
  expect(() => read(doubles(1e-60, value))).toThrow(
    `a.npy: image 3: float32 cannot hold the value ${value}: scale the values`,
  );
});

it('reads elements wherever they are in memory', () => {
  const bytes = new Uint8Array(1 + 8);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
  expect(readElements(bytes.subarray(1), { type: 'float32', isLittle: true }, '').values).toEqual(
    Float32Array.of(1.5, -2),
  );
});

it('reads elements of a Buffer, whose slices are views', () => {
  const bytes = Buffer.alloc(1 + 8);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
  expect(readElements(bytes.subarray(1), { type: 'float32', isLittle: true }, '').values).toEqual(
    Float32Array.of(1.5, -2),
  );
});
