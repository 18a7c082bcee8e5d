// Names of devices, and their options; and the blocks of networks on a CPU.
import { expect, it } from 'vitest';
import { input } from '../../tensor.ts';
import { compile } from '../program.ts';
import { columnBlocks, mostArrayBytes, onCpu, parseDevice, showDevice } from './device.ts';

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

const total = (lengths: readonly number[]) => lengths.reduce((sum, length) => sum + length, 0);

it('splits columns into blocks of 4 MiB, unless rows would be a multiple of 4 KiB apart', () => {
  expect(columnBlocks({ images: 9, pixels: 256, channels: 512 })).toEqual([1152, 1152]);
  expect(columnBlocks({ images: 32, pixels: 16, channels: 512 })).toEqual([512]);
  expect(columnBlocks({ images: 64, pixels: 196, channels: 64 })).toEqual([12544]);
  expect(columnBlocks({ images: 32, pixels: 256, channels: 512 })).toEqual([2080, 2080, 2016, 2016]);
  expect(columnBlocks({ images: 32, pixels: 64, channels: 512 })).toEqual([1056, 992]);
  // Pixels of this many images would be too long.
  expect(columnBlocks({ images: 1000, pixels: 9, channels: 512 })).toEqual([1808, 1792, 1808, 1792, 1800]);
  expect(columnBlocks({ images: 1, pixels: 1024, channels: 8 })).toEqual([512, 512]);
});

it('does not split an open batch', () => {
  expect(columnBlocks({ images: -1, pixels: 1024, channels: 512 })).toEqual([-1024]);
});

it('drops no column, and leaves blocks neither empty nor much too large', () => {
  for (const channels of [1, 64, 512, 2 ** 14]) {
    for (const pixels of [1, 49, 64, 256, 1024]) {
      for (const images of [1, 2, 7, 32, 65, 130, 256, 258, 510, 512, 1024, 1032, 1536]) {
        const lengths = columnBlocks({ images, pixels, channels });
        expect(total(lengths)).toBe(images * pixels);
        expect(Math.min(...lengths)).toBeGreaterThan(0);
        expect(Math.max(...lengths)).toBeLessThanOrEqual((1.1 * 2 ** 20) / channels + 32);
        expect(lengths.filter((length) => length % 1024 === 0)).toEqual([]);
      }
    }
  }
});
