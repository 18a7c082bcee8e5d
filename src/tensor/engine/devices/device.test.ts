// Names of devices, and their options.
import { expect, it } from 'vitest';
import { input } from '../../tensor.ts';
import { compile } from '../program.ts';
import { mostArrayBytes, onCpu, parseDevice, showDevice } from './device.ts';

it.each([
  ['cpu', { device: 'cpu' }, 'cpu'],
  ['webgpu', { device: 'webgpu' }, 'webgpu'],
  ['cuda', { device: 'cuda' }, 'cuda'],
  ['wasm', { device: 'wasm' }, 'wasm'],
  ['cuda:0', { device: 'cuda', deviceIndex: 0 }, 'cuda'],
  ['cuda:12', { device: 'cuda', deviceIndex: 12 }, 'cuda:12'],
] as const)('reads %s', (text, choice, shown) => {
  expect(parseDevice(text)).toEqual(choice);
  expect(showDevice(choice)).toBe(shown);
});

it.each([
  ['gpu', "unknown device 'gpu': did you mean cpu or webgpu?"],
  ['', "unknown device '': known: cpu, webgpu, cuda, wasm"],
  ['Cuda:1', "unknown device 'Cuda': did you mean cuda?"],
  ['cuda:', "'cuda:': choose a GPU by its number from 0, as in cuda:1"],
  ['cuda:-1', "'cuda:-1': choose a GPU by its number from 0, as in cuda:1"],
  ['cuda:1:2', "'cuda:1:2': choose a GPU by its number from 0, as in cuda:1"],
  ['cuda:99999', "'cuda:99999': choose a GPU by its number from 0, as in cuda:1"],
  ['cpu:0', "'cpu:0': there is one CPU; use cpu"],
  ['wasm:1', "'wasm:1': there is one CPU; use wasm"],
])("refuses '%s'", (text, message) => {
  expect(() => parseDevice(text)).toThrow(message);
});

it('accepts the options of each device', async () => {
  const x = input('x', [1]);
  const compiled = (options: Parameters<typeof compile>[1]) =>
    compile({ inputs: { x }, outputs: { y: x } }, options);
  await expect(compiled({ device: 'webgpu', threads: 2 })).rejects.toThrow(
    "threads: 2 is for the CPU: leave it out with device: 'webgpu'",
  );
  await expect(compiled({ device: 'webgpu', deviceIndex: 1 })).rejects.toThrow(
    'deviceIndex chooses a GPU of cuda: leave it out with webgpu',
  );
  await expect(compiled({ device: 'cuda', deviceIndex: 0.5 })).rejects.toThrow(/deviceIndex/);
  const program = await compiled(onCpu({ device: 'cuda', deviceIndex: 1, threads: 1 }));
  expect(program.device).toBe('cpu');
  await program.release();
  expect(onCpu({ device: 'wasm' })).toEqual({ device: 'wasm' });
});

it('divides the bindings of a program among arrays, and fits into one buffer', () => {
  const [bindingBytes, bufferBytes] = [2 ** 27, 2 ** 32];
  expect(mostArrayBytes({ bindingBytes, bufferBytes, bindings: 16 })).toBe(2 ** 29);
  expect(mostArrayBytes({ bindingBytes, bufferBytes, bindings: 10 })).toBe(2 ** 28);
  expect(mostArrayBytes({ bindingBytes, bufferBytes: 2 ** 28, bindings: 16 })).toBe(2 ** 28);
  expect(mostArrayBytes({ bindingBytes: 2 ** 31 - 4, bufferBytes, bindings: 16 })).toBe(2 ** 32);
  expect(mostArrayBytes(undefined)).toBe(2 ** 29);
});

it('is the host for float64 programs of a device without float64', async () => {
  const x = input('x', [1]);
  const program = await compile(
    { inputs: { x }, outputs: { y: x } },
    { device: 'webgpu', precision: 'float64' },
  );
  expect(program.device).toBe('cpu');
  await program.release();
});
