// How large an array may be, from the limits of adapters.
import { expect, it } from 'vitest';
import { mostArrayBytes } from './arrayLimits.ts';
import { type Adapter, arrayLimitsOf } from './vulkan.node.ts';

it('divides the bindings of a program among arrays, and fits into one buffer', () => {
  const [bindingBytes, bufferBytes] = [2 ** 27, 2 ** 32];
  expect(mostArrayBytes({ bindingBytes, bufferBytes, bindings: 16 })).toBe(2 ** 29);
  expect(mostArrayBytes({ bindingBytes, bufferBytes, bindings: 10 })).toBe(2 ** 28);
  expect(mostArrayBytes({ bindingBytes, bufferBytes: 2 ** 28, bindings: 16 })).toBe(2 ** 28);
  expect(mostArrayBytes({ bindingBytes: 2 ** 31 - 4, bufferBytes, bindings: 16 })).toBe(2 ** 32);
  expect(mostArrayBytes(undefined)).toBe(2 ** 29);
});

it('takes the limits of the fastest kind of adapter, the least if there are several', () => {
  const adapter = (kind: Adapter['kind'], bytes: number): Adapter => ({
    ...{ name: 'a', driver: 'b', memoryBytes: 1, kind },
    ...{ storageBufferBytes: bytes, bufferBytes: 2 * bytes, storageBuffers: 16 },
  });
  const [software, integrated, discrete, other] = [
    adapter('software', 1000),
    adapter('integrated', 2000),
    adapter('discrete', 2 ** 32 - 1),
    adapter('discrete', 5000),
  ];
  const bytesOf = (...adapters: Adapter[]) => arrayLimitsOf(adapters)?.bindingBytes;
  expect(bytesOf(software)).toBe(1000);
  expect(bytesOf(software, integrated)).toBe(2000);
  expect(bytesOf(software, discrete, other, integrated)).toBe(5000);
  // Dawn's limit.
  expect(arrayLimitsOf([discrete])).toEqual({
    bindingBytes: 2 ** 31 - 4,
    bufferBytes: 2 ** 33 - 2,
    bindings: 16,
  });
  expect(arrayLimitsOf([])).toBeUndefined();
});
