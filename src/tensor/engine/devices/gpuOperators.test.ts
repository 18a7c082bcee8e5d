// The nodes for a GPU, run on a CPU: they are standard ones. `src/training/step/deviceArrays.test.ts` runs them on a GPU.
import onnxProto from 'onnx-proto';
import { expect, it } from 'vitest';
import { countElements, type NdArray } from '../../../core/numeric/arrays.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { expectClose } from '../../../testing/golden.ts';
import * as op from '../../operations/index.ts';
import { input, type Tensor } from '../../tensor.ts';
import { lower } from '../onnx/lower.ts';
import { createSession } from '../runtime.node.ts';
import { graphStyle } from './device.ts';

const { onnx } = onnxProto;

/** Tensors computed from one input by the nodes of a device, and the types of the nodes but Reshape. */
async function computed(x: Tensor, results: readonly Tensor[], device: 'cpu' | 'webgpu', value: NdArray) {
  const outputs = Object.fromEntries(results.map((result, index) => [`y${index}`, result]));
  const style = graphStyle(device);
  const model = lower({ inputs: { x }, outputs, known: new Map(), precision: 'float32', style });
  const session = await createSession(model, { device: 'cpu', threads: 1, fallback: true });
  const values = await session.run(
    { x: value },
    Object.fromEntries(Object.keys(outputs).map((name) => [name, null])),
  );
  await session.release();
  const types = onnx.ModelProto.decode(model).graph!.node!.map(({ opType }) => opType!);
  return {
    values: results.map((_, index) => values[`y${index}`]!),
    types: types.filter((type) => type !== 'Reshape'),
  };
}

function drawn(shape: readonly number[]): NdArray {
  return { shape, data: Float32Array.from(new RandomStream(1, 'x').normals(countElements(shape))) };
}

it.each<[string, number[], number[], string[]]>([
  ['few rows, many columns', [31, 40, 30], [0], ['ReduceSum']],
  ['rows', [40, 5, 6], [0, 1], ['Gemm']],
  ['many rows', [64, 16, 16, 12], [0, 1, 2], ['ReduceSum', 'Gemm']],
  ['many rows, a prime number', [1031, 12], [0], ['Gemm']],
  ['last axes', [6, 50, 4], [1, 2], ['ReduceSum']],
  ['everything', [30, 20], [0, 1], ['ReduceSum']],
  ['a long vector', [2 ** 16 + 4], [0], ['ReduceSum', 'ReduceSum']],
])('sums %s', async (_, shape, axes, expected) => {
  const x = input('x', shape);
  const results = [op.sum(x, axes)];
  const cpu = await computed(x, results, 'cpu', drawn(shape));
  const { values, types } = await computed(x, results, 'webgpu', drawn(shape));
  expect(types).toEqual(expected);
  expect(values[0]!.shape).toEqual(cpu.values[0]!.shape);
  expectClose('sum', values[0]!.data, cpu.values[0]!.data, 'float32');
});

it('computes ln sigmoid for every number', async () => {
  const x = input('x', [9]);
  const value = { shape: [9], data: Float32Array.of(-200, -90, -20, -1, 0, 1, 20, 90, 200) };
  const { values } = await computed(x, [op.logSigmoid(x)], 'webgpu', value);
  const exact = Array.from(
    value.data,
    (number) => Math.min(number, 0) - Math.log1p(Math.exp(-Math.abs(number))),
  );
  expectClose('ln sigmoid', values[0]!.data, exact, 'float32');
});

it.each([2, 7, 8, 13, 14, 32, 49, 50, 200])('splits a tensor into %i parts', async (count) => {
  const lengths = Array.from({ length: count }, (_, index) => 1 + (index % 3));
  const x = input('x', [2, lengths.reduce((total, length) => total + length)]);
  // Not in the order of the axis, and one of them twice.
  const parts = op.split(x, 1, lengths).toReversed();
  const results = [...parts, op.slice(x, 1, 0, lengths[0]!)].map((part) => op.exp(part));
  const cpu = await computed(x, results, 'cpu', drawn(x.shape));
  const { values, types } = await computed(x, results, 'webgpu', drawn(x.shape));
  expect(values.map(({ data }) => [...data])).toEqual(cpu.values.map(({ data }) => [...data]));
  expect(types).not.toContain('Slice');
  // Each node adds six parts, or a few less where parts are split again.
  const fewest = Math.ceil((count - 1) / 6);
  const splits = types.filter((type) => type === 'Split').length;
  expect(splits).toBeGreaterThanOrEqual(fewest);
  expect(splits).toBeLessThanOrEqual(1.1 * fewest);
});

it('slices what does not make up the whole', async () => {
  const x = input('x', [6]);
  const slices = [op.slice(x, 0, 0, 2), op.slice(x, 0, 2, 4), op.slice(x, 0, 3, 6)];
  const { values, types } = await computed(x, slices, 'webgpu', {
    shape: [6],
    data: Float32Array.of(0, 1, 2, 3, 4, 5),
  });
  expect(values.map(({ data }) => [...data])).toEqual([
    [0, 1],
    [2, 3],
    [3, 4, 5],
  ]);
  expect(types).toEqual(['Slice', 'Slice', 'Slice']);
});
