// How parameters are sliced from their groups' arrays, and that initial values are where they are sliced from.
import { expect, it } from 'vitest';
import { countElements } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { prepare } from '../../tensor/engine/graph/prepare.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { add, multiply, sum } from '../../tensor/operations/index.ts';
import { constant, listTensors, topologicalOrder } from '../../tensor/tensor.ts';
import { runOnce } from '../../testing/programValues.ts';
import type { ParameterSpecs } from '../contract/parameters.ts';
import { Glow } from './glow.ts';
import { ParameterLayout } from './parameterLayout.ts';

const model = new Glow([4, 8, 2], {
  levels: 2,
  depth: 3,
  conditioner: { width: 48 },
  mixing: '1x1-plu',
  learnedPrior: true,
  bits: 8,
});
const specs: ParameterSpecs = {
  ...model.parameters,
  // Large enough for its own array.
  'levels/1/steps/9/large': {
    shape: [130, 130],
    trained: true,
    initial: (random) => random.normals(130 * 130),
  },
};
const layout = new ParameterLayout(specs);

it('slices every parameter from where its initial values are', async () => {
  const groups = layout.initial(3);
  const { inputs, tensors } = layout.inputs();
  const values = await runOnce({ inputs, outputs: { ...tensors } }, groups, 'float32');
  expect(Object.keys(groups).sort()).toEqual(['fixed', 'levels/1/steps/9/large', 'small']);
  expect(Object.keys(values).sort()).toEqual(Object.keys(specs).sort());
  const unpacked = layout.unpack(groups);
  for (const [path, spec] of Object.entries(specs)) {
    const family = spec.family === undefined ? path : path.replace(/[^/]*$/, spec.family);
    const start = Float32Array.from(spec.initial(new RandomStream(3, 'parameter', family)));
    expect(values[path], path).toEqual({ shape: spec.shape, data: start });
    expect(unpacked[path]!.data, path).toEqual(start);
  }
});

it("gathers a group's gradient from its parameters, regardless of their order of use", async () => {
  const { inputs, tensors } = layout.inputs();
  const paths = Object.keys(specs).filter((path) => specs[path]!.trained);
  const scalar = paths
    .toReversed()
    .map((path, index) => sum(multiply(tensors[path]!, index + 1)))
    .reduce(add);
  const [small] = gradients(scalar, [inputs.small!], constant(1));
  const prepared = prepare({ inputs, outputs: { small: small! } });
  const kinds = listTensors(prepared).map(({ operation }) => operation.name);
  expect(kinds).toContain('concatenate');
  expect(kinds).not.toContain('pad');
  const parameters = layout.unpack({
    small: (await runOnce({ inputs, outputs: { small: small! } }, layout.initial(0), 'float32')).small!,
  });
  const inSmall = paths.filter((path) => path !== 'levels/1/steps/9/large');
  expect(Object.keys(parameters)).toEqual(inSmall);
  for (const path of inSmall) {
    const weight = paths.length - paths.indexOf(path);
    expect([...parameters[path]!.data], path).toEqual(
      Array(countElements(parameters[path]!.shape)).fill(weight),
    );
  }
});

it('slices nothing that is not used, and nothing twice', () => {
  const { tensors } = layout.inputs();
  const path = 'levels/1/steps/2/actnorm/bias';
  const cut = tensors[path]!;
  expect(tensors[path]).toBe(cut);
  const slices = topologicalOrder([cut]).filter(({ operation }) => operation.name === 'slice');
  // Its step's section, and the parameter itself.
  expect(slices.length).toBe(2);
  expect(countElements(slices[0]!.shape)).toBeLessThan(countElements(layout.groupShape('small')) / 4);
});
