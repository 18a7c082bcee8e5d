// Stacks: what the same operations compute from like weights has the same values at once as one after the other.

import { describe, expect, it } from 'vitest';
import { countElements, type NdArray } from '../../../core/numeric/arrays.ts';
import { expectClose } from '../../../testing/golden.ts';
import { normalArray, runPrepared } from '../../../testing/programValues.ts';
import { gradients } from '../../gradients/gradient.ts';
import * as op from '../../operations/index.ts';
import { constant, input, listTensors, type ProgramDefinition, type Tensor } from '../../tensor.ts';
import { prepare } from './prepare.ts';

const COUNT = 3;

/** Values for the inputs of a program. */
const drawn = ({ inputs }: ProgramDefinition): Record<string, NdArray> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, normalArray(name, shape)]));

const computeValues = (definition: ProgramDefinition, device: 'cpu' | 'webgpu', feeds = drawn(definition)) =>
  runPrepared(prepare(definition, { device }), feeds);

/** Checks that a program has the same values with stacks as without. */
async function expectSameValues(definition: ProgramDefinition): Promise<void> {
  const [expected, actual] = [
    await computeValues(definition, 'cpu'),
    await computeValues(definition, 'webgpu'),
  ];
  for (const [name, { data }] of Object.entries(expected)) {
    expectClose(name, actual[name]!.data, data, 'float64', 1e-12);
  }
}

function countOperation(definition: ProgramDefinition, name: string): number {
  return listTensors(prepare(definition, { device: 'webgpu' })).filter(
    ({ operation }) => operation.name === name,
  ).length;
}

/** Parts of one vector, each of its own shape, as `COUNT` layers have them; and the vector. */
function layers(
  shapes: readonly (readonly number[])[],
  count = COUNT,
): { vector: Tensor; parts: Tensor[][] } {
  const length = shapes.reduce((total, shape) => total + countElements(shape), 0);
  const vector = input('vector', [count * length + 5]);
  const parts = Array.from({ length: count }, (_, layer) => {
    const section = op.slice(vector, 0, layer * length, (layer + 1) * length);
    let start = 0;
    return shapes.map((shape) => {
      const part = op.slice(section, 0, start, start + countElements(shape));
      start += countElements(shape);
      return op.reshape(part, shape);
    });
  });
  return { vector, parts };
}

/** The results of every layer, and the gradient of the sum of all their squares. */
function program(
  shapes: readonly (readonly number[])[],
  layer: (...parts: Tensor[]) => Tensor,
  { differentiated = true, count = COUNT } = {},
): ProgramDefinition {
  const { vector, parts } = layers(shapes, count);
  const results = parts.map((layerArgs) => layer(...layerArgs));
  const outputs = Object.fromEntries(results.map((result, index) => [`y${index}`, result]));
  if (!differentiated) {
    return { inputs: { vector }, outputs };
  }
  const loss = results.map((result) => op.sum(op.multiply(result, result))).reduce(op.add);
  const [gradient] = gradients(loss, [vector], constant(1));
  return { inputs: { vector }, outputs: { ...outputs, gradient: gradient! } };
}

const fixed = (...shape: number[]): Tensor => constant(normalArray(`fixed ${shape}`, shape));

/** Layers with one operation each, by what they show. */
const cases: Record<string, [shapes: number[][], layer: (...parts: Tensor[]) => Tensor, name?: string]> = {
  'elementwise, of one operand': [[[2, 3]], (a) => op.exp(a), 'exp'],
  'elementwise, a lower rank first': [[[3], [4, 2, 3]], (a, b) => op.subtract(a, b), 'subtract'],
  'elementwise, a shared operand of a higher rank': [[[3]], (a) => op.divide(a, fixed(4, 3)), 'divide'],
  'elementwise, operands that broadcast each other': [
    [
      [4, 1],
      [1, 3],
    ],
    (a, b) => op.multiply(a, b),
  ],
  product: [
    [
      [2, 3],
      [3, 4],
    ],
    (a, b) => op.product(a, b),
    'stackedProduct',
  ],
  'product, all transposed, with the bias of columns': [
    [[3, 2], [4, 3], [4]],
    (a, b, bias) => op.product(a, b, { transposeA: true, transposeB: true, bias }),
  ],
  'product, with the bias of rows': [
    [
      [2, 3],
      [3, 4],
      [2, 1],
    ],
    (a, b, bias) => op.product(a, b, { bias }),
  ],
  'product, with a whole bias': [
    [
      [2, 3],
      [3, 4],
    ],
    (a, b) => op.product(a, b, { bias: fixed(2, 4) }),
  ],
  'product, with nothing but a bias of its own': [
    [[2, 4]],
    (bias) => op.product(fixed(2, 3), fixed(3, 4), { bias }),
  ],
  'product, by one matrix': [[[2, 3]], (a) => op.product(a, fixed(4, 3), { transposeB: true })],
  'product, of one matrix': [[[3, 2]], (b) => op.product(fixed(4, 3), b)],
  'product, transposed, by one matrix': [[[3, 2]], (a) => op.product(a, fixed(3, 4), { transposeA: true })],
  'products of stacks': [[[2, 3, 4]], (a) => op.stackedProduct(a, fixed(2, 4, 2))],
  sum: [[[2, 3, 4]], (a) => op.sum(a, [0, 2]), 'sum'],
  expand: [[[3]], (a) => op.expand(a, [4, 2, 3])],
  transpose: [[[2, 3, 4]], (a) => op.transpose(a, [2, 0, 1]), 'transpose'],
  slice: [[[4, 5]], (a) => op.slice(a, 1, 1, 3)],
  pad: [[[2, 3]], (a) => op.pad(a, 1, 1, 2, 7), 'pad'],
  concatenate: [
    [
      [2, 3],
      [2, 1],
    ],
    (a, b) => op.concatenate([a, b, fixed(2, 2)], 1),
  ],
  reorder: [[[2, 3]], (a) => op.reorder(a, 1, [2, 0, 1]), 'reorder'],
  inverse: [[[3, 3]], (a) => op.inverse(op.exp(a)), 'inverse'],
  'ln|det|': [[[3, 3]], (a) => op.logAbsDet(a), 'logAbsDet'],
  'ln|det| of complex matrices': [[[2, 2, 3, 3]], (a) => op.complexLogAbsDet(a), 'complexLogAbsDet'],
  'a use of both a part and what is computed from it': [
    [[2, 3]],
    (a) => op.concatenate([op.multiply(op.exp(a), a), op.slice(a, 0, 1, 2)], 0),
  ],
};

describe.each(Object.entries(cases))('%s', (_, [shapes, layer, name]) => {
  it('has the same values and gradients as without stacks', () => expectSameValues(program(shapes, layer)));

  it('is one operation for any number of layers', () => {
    const counts = [3, 6].map((count) =>
      countOperation(program(shapes, layer, { differentiated: false, count }), name ?? 'sum'),
    );
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBe(name ? 1 : 0);
  });
});

it('stacks one-hot matrices, which have no gradient', async () => {
  const indices = program([[4]], (a) => op.oneHot(a, 5), { differentiated: false });
  await expectSameValues(indices);
  expect(countOperation(indices, 'oneHot')).toBe(1);
});

it('stacks inputs of their own', async () => {
  const inputs = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, input(name, [2, 3])]));
  // Not used in the order of creation.
  const outputs = Object.fromEntries(
    ['c', 'a', 'b'].map((name) => [`exp ${name}`, op.exp(op.multiply(inputs[name]!, fixed(2, 3)))]),
  );
  const loss = op.sum(op.multiply(outputs['exp c']!, outputs['exp a']!));
  const inputGradients = gradients(loss, Object.values(inputs), constant(1));
  const named = Object.keys(inputs).map((name, index) => [`gradient of ${name}`, inputGradients[index]!]);
  const definition = { inputs, outputs: { ...outputs, ...Object.fromEntries(named) } };
  await expectSameValues(definition);
  expect(countOperation(definition, 'exp')).toBe(1);
});

it('follows slices of an input backwards too', async () => {
  const { vector, parts } = layers([[2, 3], [3]], 4);
  const [a, b, c, d] = parts.toReversed().map(([matrix, scale]) => op.exp(op.multiply(matrix!, scale!)));
  const outputs = { y: op.concatenate([a!, b!, c!, d!], 0) };
  const definition = { inputs: { vector }, outputs };
  await expectSameValues(definition);
  expect(countOperation(definition, 'exp')).toBe(1);
  // One of the stack, and four of its members.
  expect(countOperation(definition, 'slice')).toBe(1 + 2 + 4);
});

it('stacks what some of the layers have', async () => {
  const { vector, parts } = layers([[2, 3], [3]], 5);
  const exponentials = parts.map(([matrix]) => op.exp(matrix!));
  const some = exponentials.slice(1, 4).map((x, index) => op.multiply(x, parts[index + 1]![1]!));
  const outputs = Object.fromEntries([...exponentials, ...some].map((x, index) => [`y${index}`, x]));
  const loss = some.map((x) => op.sum(x)).reduce(op.add);
  const [gradient] = gradients(loss, [vector], constant(1));
  const definition = { inputs: { vector }, outputs: { ...outputs, gradient: gradient! } };
  await expectSameValues(definition);
});

it('does not stack what depends on itself', async () => {
  const { vector, parts } = layers([[3, 3]]);
  const y = parts.reduce((x, [matrix]) => op.product(x, matrix!), fixed(2, 3));
  const definition = { inputs: { vector }, outputs: { y } };
  await expectSameValues(definition);
  expect(countOperation(definition, 'product')).toBe(3);
});

it('uses the values given for a tensor in the middle of the graph', async () => {
  const { vector, parts } = layers([[2]]);
  const middle = parts.map(([part]) => op.exp(part!));
  const outputs = Object.fromEntries(middle.map((x, index) => [`y${index}`, op.multiply(x, 2)]));
  const definition = { inputs: { vector, given: middle[1]! }, outputs };
  const feeds = { ...drawn(definition), given: { shape: [2], data: Float64Array.of(5, 7) } };
  const { y1 } = await computeValues(definition, 'webgpu', feeds);
  expect([...y1!.data]).toEqual([10, 14]);
});

it('finds the gradient with respect to a tensor in the middle of the graph', async () => {
  const { vector, parts } = layers([[2]]);
  const middle = parts.map(([part]) => op.exp(part!));
  const results = middle.map((x) => op.multiply(x, x));
  const loss = results.map((x) => op.sum(x)).reduce(op.add);
  const [gradient] = gradients(loss, [middle[1]!], constant(1));
  await expectSameValues({ inputs: { vector }, outputs: { gradient: gradient! } });
});

it('does not change a graph on a CPU', () => {
  const [shapes, layer] = cases.product!;
  const prepared = prepare(program(shapes, layer));
  expect(listTensors(prepared).some(({ operation }) => operation.name === 'stackedProduct')).toBe(false);
});
