// ONNX files of programs: names and types, constant folding, and declared shapes.
import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { normalArray } from '../../testing/programValues.ts';
import * as op from '../operations/index.ts';
import { constant, input, OPEN_BATCH } from '../tensor.ts';
import { exportOnnx } from './exportOnnx.ts';
import { createSession } from './runtime.node.ts';

const { ModelProto } = onnxProto.onnx;
const matrix = (name: string, side: number): NdArray => normalArray(name, [side, side]);

/** Runs an ONNX file on float32 arrays and returns the data and shape of each output. */
async function run(model: Uint8Array, feeds: Record<string, NdArray>) {
  const session = await createSession(model, { device: 'cpu', threads: 1, fallback: true });
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [
    name,
    { shape, data: Float32Array.from(data) },
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return results;
}

/** The lengths of a declared shape, with a number in place of N. */
function declaredLengths({ type }: onnxProto.onnx.IValueInfoProto, batch: number): number[] {
  return type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) =>
    dimParam ? Number(dimParam.slice(0, -1) || '1') * batch : Number(dimValue),
  );
}

const x = input('x', [OPEN_BATCH, 2]);

describe('names', () => {
  it.each([
    ['of a result', { x }, { value_0: op.exp(x) }],
    ['of a constant', { constant_3: x }, { y: op.exp(x) }],
    ['of both an input and an output', { x }, { x: op.exp(x) }],
    ['with a space', { x }, { 'the output': op.exp(x) }],
    ['that is empty', { '': x }, { y: op.exp(x) }],
  ])('%s are refused', async (_, inputs, outputs) => {
    await expect(exportOnnx({ inputs, outputs })).rejects.toThrow('cannot name an input or output');
  });

  it('are the program’s', async () => {
    const { graph } = ModelProto.decode(
      await exportOnnx({ inputs: { a: x }, outputs: { b: op.exp(x), c: x } }),
    );
    expect(graph!.input!.map(({ name }) => name)).toEqual(['a']);
    expect(graph!.output!.map(({ name }) => name)).toEqual(['b', 'c']);
    for (const { output } of graph!.node!) {
      expect(output![0]).toMatch(/^[A-Za-z_]\w*$/);
    }
  });
});

describe('what is computed on the host', () => {
  it('is a constant in the file if it depends only on constants', async () => {
    const w = matrix('w', 2);
    const y = op.product(op.product(x, constant(w)), op.inverse(constant(w)));
    const xValues = { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const { y: outputs } = await run(await exportOnnx({ inputs: { x }, outputs: { y } }), { x: xValues });
    xValues.data.forEach((value, index) => {
      expect(outputs!.data[index]).toBeCloseTo(value, 4);
    });
  });

  it('cannot be exported if it depends on an input', async () => {
    const a = input('a', [2, 2]);
    await expect(exportOnnx({ inputs: { a }, outputs: { y: op.inverse(a) } })).rejects.toThrow(
      'the operation inverse has no lowering to ONNX',
    );
  });
});

it('returns outputs as bytes on request, alongside the same tensor as real numbers', async () => {
  const floor = op.floor(x);
  const model = await exportOnnx(
    { inputs: { x }, outputs: { bytes: floor, reals: floor, sum: op.add(floor, 0.5) } },
    { bytes: ['bytes'] },
  );
  const { bytes, reals, sum } = await run(model, {
    x: { shape: [2, 2], data: Float32Array.of(0.9, 1, 254.5, 255) },
  });
  expect(bytes!.data).toEqual(Uint8Array.of(0, 1, 254, 255));
  expect(reals!.data).toEqual(Float32Array.of(0, 1, 254, 255));
  expect(sum!.data).toEqual(Float32Array.of(0.5, 1.5, 254.5, 255.5));
});

it('stores equal constants once, and keeps those apart that differ in one number', async () => {
  const [w, other] = [matrix('w', 8), matrix('w', 8)];
  other.data[63]! += 1;
  const z = input('z', [OPEN_BATCH, 8]);
  const y = [w, { ...w, data: w.data.slice() }, other].map((array) => op.product(z, constant(array)));
  const { graph } = ModelProto.decode(
    await exportOnnx({ inputs: { z }, outputs: { a: y[0]!, b: y[1]!, c: y[2]! } }),
  );
  expect(graph!.initializer!.filter(({ dims }) => dims!.length === 2)).toHaveLength(2);
});

it('stores no constant that no node reads, and all that inner graphs read', async () => {
  const w = constant({ shape: [2], data: Float64Array.of(0.25, 0.5) });
  const settled = op.fixedPoint(x, 5, (state) => op.multiply(state, w));
  const y = op.reshape(op.reshape(settled, [OPEN_BATCH, 1, 1, 2]), [OPEN_BATCH, 2, 1]);
  const { graph } = ModelProto.decode(
    await exportOnnx({ inputs: { x }, outputs: { y, w: op.multiply(w, 1) } }),
  );
  const read = namesReadIn(graph!);
  const held = graph!.initializer!.map(({ name }) => name!);
  expect(held.filter((name) => !read.includes(name))).toEqual([]);
  expect(read.filter((name) => name.startsWith('constant_') && !held.includes(name))).toEqual([]);
  expect(held.length).toBeGreaterThan(1);
});

/** The names that the nodes of a graph and of its inner graphs read. */
function namesReadIn({ node }: onnxProto.onnx.IGraphProto): string[] {
  return node!.flatMap(({ input, attribute }) => [
    ...input!,
    ...attribute!.flatMap(({ g }) => (g ? namesReadIn(g) : [])),
  ]);
}

it('passes every input of a Loop: not every runtime lets the condition be left out', async () => {
  const settled = op.fixedPoint(x, 5, (state) => op.multiply(state, 0.5));
  const { graph } = ModelProto.decode(await exportOnnx({ inputs: { x }, outputs: { y: settled } }));
  const { input } = graph!.node!.find(({ opType }) => opType === 'Loop')!;
  expect(input!.map((name) => name !== '')).toEqual([true, true, true]);
  const condition = graph!.initializer!.find(({ name }) => name === input![1])!;
  expect([condition.dataType, [...condition.rawData!]]).toEqual([9, [1]]);
});

it.each([1, 3])('declares the shapes of results with %i images', async (count) => {
  const image = input('image', [OPEN_BATCH, 2, 3, 4]);
  const rows = op.product(
    op.reshape(
      op.unfold(image, [
        [0, 1],
        [1, 0],
      ]),
      [-6, 8],
    ),
    constant(matrix('w', 8)),
  );
  const folded = op.fold(op.reshape(rows, [OPEN_BATCH, 2, 3, 8]), [
    [0, -1],
    [-1, 0],
  ]);
  const settled = op.fixedPoint(op.flip(folded, 3), 5, (state) => op.multiply(state, 0.5));
  const y = op.reshape(op.transpose(settled, [1, 2, 0, 3]), [-6, 4]);
  const model = ModelProto.decode(await exportOnnx({ inputs: { image }, outputs: { y: op.exp(y) } }));
  const graph = model.graph!;
  const declared = graph.valueInfo!;
  const reshapes = graph.node!.filter(({ opType }) => opType === 'Reshape' || opType === 'Loop');
  // One reshape is between the two halves of a fold, and one produces the output: neither is declared here.
  expect(declared.length).toBeGreaterThanOrEqual(reshapes.length - 2);
  graph.output!.push(...declared);
  const images = normalArray('images', [count, 2, 3, 4]);
  const results = await run(ModelProto.encode(model).finish(), { image: images });
  for (const info of declared) {
    expect(results[info.name!]!.shape, info.name!).toEqual(declaredLengths(info, count));
  }
});
