// How `toEqual` compares typed arrays (`equalArrays.ts`).
import { expect, it } from 'vitest';

it.each([
  ['the same numbers', Float32Array.of(1, NaN, -0), Float32Array.of(1, NaN, -0), true],
  ['part of a buffer', new Uint8Array([0, 1, 2]).subarray(1), Uint8Array.of(1, 2), true],
  ['large integers', BigInt64Array.of(1n), BigInt64Array.of(1n), true],
  ['another number', Float32Array.of(1, 2), Float32Array.of(1, 3), false],
  ['another sign of zero', Float32Array.of(0), Float32Array.of(-0), false],
  ['one number more', Float32Array.of(1), Float32Array.of(1, 0), false],
  ['another type', Float32Array.of(1), Float64Array.of(1), false],
])('tells %s', (_, one, other, areEqual) => {
  const compare = (): void => expect({ data: one }).toEqual({ data: other });
  if (areEqual) {
    compare();
  } else {
    expect(compare).toThrow('to deeply equal');
  }
});
