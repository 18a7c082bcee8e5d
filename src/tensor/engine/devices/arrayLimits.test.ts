// How large an array may be, from the limits of adapters.
import { expect, it } from 'vitest';
import { mostArrayBytes } from './arrayLimits.ts';

it('divides the bindings of a program among arrays, and fits into one buffer', () => {
  const [bindingBytes, bufferBytes] = [2 ** 27, 2 ** 32];
  expect(mostArrayBytes({ bindingBytes, bufferBytes, bindings: 16 })).toBe(2 ** 29);
  expect(mostArrayBytes({ bindingBytes, bufferBytes, bindings: 10 })).toBe(2 ** 28);
  expect(mostArrayBytes({ bindingBytes, bufferBytes: 2 ** 28, bindings: 16 })).toBe(2 ** 28);
  expect(mostArrayBytes({ bindingBytes: 2 ** 31 - 4, bufferBytes, bindings: 16 })).toBe(2 ** 32);
  expect(mostArrayBytes(undefined)).toBe(2 ** 29);
});
