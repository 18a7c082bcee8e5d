// Arrays in the memory of a device: programs read and write them there, and nothing wrong ends in garbage or a crash.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnGpu, onGpu } from '../../testing/webgpu.ts';
import { add, multiply, solveCorner } from '../operations/index.ts';
import { constant, input, OPEN_BATCH } from '../tensor.ts';
import { onHost } from './arrays.ts';
import { DeviceMemory } from './deviceMemory.ts';
import { inPlace } from './graph/memory.ts';
import { compile, type Program } from './program.ts';

const x = input('x', [OPEN_BATCH]);
const y = input('y', [OPEN_BATCH]);
const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

it('is refused where programs cannot hold arrays', () => {
  expect(() => DeviceMemory.open('cpu')).toThrow("the device 'cpu' holds no arrays between runs");
});

it('holds no output of a program on the CPU', async () => {
  const definition = { inputs: { x }, outputs: { y: multiply(x, 2) } };
  await expect(compile(definition, { onDevice: ['y'] })).rejects.toThrow(
    "no output can stay on the device 'cpu': it holds no arrays between runs",
  );
  await expect(compile(definition, { device: 'gpu' as 'cpu' })).rejects.toThrow("unknown device 'gpu'");
});

it('rejects an update in place whose inputs may be read too late', () => {
  const late = { inputs: { x, y }, outputs: { x: add(x, y), y: multiply(x, 2) } };
  expect(() => inPlace(late)).toThrow("'x' cannot be updated in place: multiply may read it after");
  const sum = add(x, y);
  expect(() => inPlace({ inputs: { x, y }, outputs: { x: sum, y: multiply(sum, 2) } })).not.toThrow();
});

describeOnGpu('device memory', () => {
  let memory: DeviceMemory;
  let doubled: Program;
  let sum: Program;
  const onHostAlone = { inputs: { x }, outputs: { y: multiply(x, 2) } };

  beforeAll(async () => {
    memory = await DeviceMemory.open('webgpu');
    doubled = await compile(onHostAlone, onGpu);
    sum = await compile(inPlace({ inputs: { x, y }, outputs: { x: add(x, y) } }), {
      ...onGpu,
      onDevice: ['x'],
    });
  });

  afterAll(async () => {
    await Promise.all([memory.release(), doubled.release(), sum.release()]);
  });

  it('holds arrays of any shape, which programs update where they are', async () => {
    const array = await memory.allocate([2, 3], Float32Array.from([1, 2, 3, 4, 5, 6]));
    expect(await memory.read(array)).toEqual({ shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) });
    const total = await memory.allocate([3], Float32Array.from([1, -0, 3]));
    for (let round = 0; round < 3; round++) {
      expect(await sum.run({ x: total, y: vector(1, 0, 100) }, { x: total })).toEqual({});
    }
    expect((await memory.read(total)).data).toEqual(Float32Array.from([4, 0, 303]));
    await memory.write(total, Float32Array.from([7, 8, 9]));
    expect((await doubled.run({ x: total })).y!.data).toEqual(Float32Array.from([14, 16, 18]));
    expect((await memory.read(await memory.allocate([2]))).data).toEqual(new Float32Array(2));
  });

  it('keeps arrays in their place', async () => {
    const array = await memory.allocate([2]);
    const onCpu = await compile(onHostAlone);
    await expect(onCpu.run({ x: array })).rejects.toThrow(
      "'input x' is in the memory of the device 'webgpu', which a program for 'cpu' cannot reach",
    );
    await onCpu.release();
    await expect(sum.run({ x: array, y: array })).rejects.toThrow(
      "the output 'x' stays on the device 'webgpu': give it an array there",
    );
    await expect(sum.run({ x: array, y: array }, { x: vector(0, 0) })).rejects.toThrow('stays on the device');
    await expect(doubled.run({ x: array }, { y: array })).rejects.toThrow(
      "the output 'y' is copied to the host: it cannot be written to a device array",
    );
    const longer = await memory.allocate([2, 1]);
    await expect(sum.run({ x: array, y: array }, { x: longer })).rejects.toThrow(
      "the array for the output 'x' must have shape",
    );
    await expect(doubled.run({ x: array }, { z: vector(0, 0) })).rejects.toThrow(
      "the program has no output 'z'",
    );
    expect(() => onHost({ array })).toThrow(
      "'array' is in the memory of the device 'webgpu', not on the host",
    );
    await expect(memory.allocate([3], new Float32Array(2))).rejects.toThrow('2 values for an array of shape');
  });

  it('refuses arrays of the device for what the host computes image by image', async () => {
    const images = input('y', [OPEN_BATCH, 2, 2, 1]);
    const kernel = constant({ shape: [1, 1, 1, 1], data: Float64Array.of(2) });
    const solved = await compile(
      { inputs: { y: images }, outputs: { x: solveCorner(images, kernel, { dilation: 1 }) } },
      { device: 'webgpu', inverse: 'sequential' },
    );
    await expect(solved.run({ y: await memory.allocate([1, 2, 2, 1]) })).rejects.toThrow(
      "'input y' is in device memory, but the host needs it",
    );
    await solved.release();
  });

  it('refuses arrays after their release, whatever the order of releases', async () => {
    const otherMemory = await DeviceMemory.open('webgpu');
    const [array, early] = [await otherMemory.allocate([2]), await otherMemory.allocate([2])];
    early.release();
    early.release();
    await expect(otherMemory.read(early)).rejects.toThrow(
      "an array of the device 'webgpu' is used after its release",
    );
    await otherMemory.release();
    await otherMemory.release();
    await expect(otherMemory.allocate([2])).rejects.toThrow(
      "the memory of the device 'webgpu' has been released",
    );
    for (const use of [
      () => sum.run({ x: array, y: array }, { x: array }),
      () => doubled.run({ x: array }),
      () => memory.read(array),
      () => memory.write(array, new Float32Array(2)),
    ]) {
      await expect(use()).rejects.toThrow("an array of the device 'webgpu' is used after its release");
    }
  });
});

describeOnGpu('outputs on a device', () => {
  it('are the program’s, each in an array of its own', async () => {
    const outputs = { y: multiply(x, 2), z: multiply(x, 3) };
    await expect(compile({ inputs: { x }, outputs }, { ...onGpu, onDevice: ['nope'] })).rejects.toThrow(
      "the program has no output 'nope' to stay on the device",
    );
    const memory = await DeviceMemory.open('webgpu');
    const program = await compile({ inputs: { x }, outputs }, { ...onGpu, onDevice: ['y', 'z'] });
    const array = await memory.allocate([2]);
    await expect(program.run({ x: vector(1, 2) }, { y: array, z: array })).rejects.toThrow(
      'two outputs cannot be written to the same array',
    );
    await program.release();
    await program.release();
    await memory.release();
  });
});

describeOnGpu('the last program', () => {
  it('may end before the arrays that it used', async () => {
    const memory = await DeviceMemory.open('webgpu');
    const array = await memory.allocate([2], Float32Array.from([1, 2]));
    const program = await compile({ inputs: { x }, outputs: { y: multiply(x, 2) } }, onGpu);
    await program.run({ x: array });
    await program.release();
    expect((await memory.read(array)).data).toEqual(Float32Array.from([1, 2]));
    await memory.release();
  });
});
