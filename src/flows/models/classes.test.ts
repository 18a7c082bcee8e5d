// A model with classes: it starts as the model without, and its likelihoods by class are those given each class.
import { expect, it } from 'vitest';
import { countElements, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { asConstants, asInputs } from '../../testing/programValues.ts';
import { randomParameters } from '../checks/randomParameters.ts';
import type { Condition } from '../contract/condition.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { Glow } from './glow.ts';
import type { ModelOptions } from './options.ts';
import { ParameterLayout } from './parameterLayout.ts';
import { StagedFlow } from './stagedFlow.ts';
import type { PlacedStage } from './stages.ts';

const options: ModelOptions = {
  levels: 2,
  depth: 1,
  conditioner: { width: 4 },
  mixing: 'emerging',
  learnedPrior: true,
  bits: 8,
};
const imageShape = [4, 8, 1] as const;
const classes = ['sky', 'sea', 'sand'];
const shape = [5, ...imageShape];
const random = new RandomStream(3);
const image: NdArray = {
  shape,
  data: Float64Array.from({ length: countElements(shape) }, () => random.integer(256)),
};
const noise: NdArray = {
  shape,
  data: Float64Array.from({ length: countElements(shape) }, () => random.uniform()),
};

async function run(
  model: Glow,
  weights: Readonly<Record<string, NdArray>>,
  kind: 'given' | 'by class',
  condition: Condition = {},
): Promise<ArrayLike<number>> {
  const [x, u, p] = [constant(image), constant(noise), parametersFrom(asConstants(weights))];
  const likelihoodOrClasses =
    kind === 'given'
      ? model.likelihood(x, u, p, condition).logLikelihood
      : model.logLikelihoodByClass(x, u, p);
  const [result] = await evaluate([likelihoodOrClasses]);
  return result!.data;
}

const forClass = (number: number): Condition => ({
  classes: constant({ shape: [1, 3], data: Float64Array.from(classes, (_, k) => Number(k === number)) }),
});

it('starts as the model without classes, whatever the class', async () => {
  const [plain, model] = [new Glow(imageShape, options), new Glow(imageShape, { ...options, classes })];
  const start = (flow: Glow) => {
    const layout = new ParameterLayout(flow.parameters);
    return layout.unpack(layout.initial(7));
  };
  const expected = await run(plain, start(plain), 'given');
  for (const number of [0, 2]) {
    expect(await run(model, start(model), 'given', forClass(number))).toEqual(expected);
  }
});

it.each([
  [2, 'uniform'],
  [1, 'uniform'],
  [2, 'variational'],
] as const)(
  '%d levels, %s noise: the likelihoods by class are those given each class',
  async (levels, dequantisation) => {
    const model = new Glow(imageShape, { ...options, levels, classes, dequantisation });
    const weights = randomParameters(model.parameters);
    const byClass = await run(model, weights, 'by class');
    const every = [
      await run(model, weights, 'given', forClass(0)),
      await run(model, weights, 'given', forClass(1)),
      await run(model, weights, 'given', forClass(2)),
    ];
    expectClose(
      'by class',
      byClass,
      Array.from({ length: 15 }, (_, i) => every[i % 3]![Math.floor(i / 3)]!),
      'float64',
    );
    expect(new Set(every.map((values) => values[0]))).toHaveProperty('size', 3);
  },
);

it('depends on the class in the last stage only: what follows would not count', () => {
  const { stages } = new Glow(imageShape, { ...options, classes });
  const [first, ...others] = stages as [PlacedStage, ...PlacedStage[]];
  const stage = { ...first.stage, byClass: stages.at(-1)!.stage.byClass! };
  expect(() => new StagedFlow(imageShape, [{ ...first, stage }, ...others], { classes })).toThrow(
    "flow: stage 'levels/0/squeeze' has densities by class, but is not the last one",
  );
});

it('has no likelihood by class without classes, and needs their names', () => {
  const plain = new Glow(imageShape, options);
  const tensors = asInputs(plain.parameters);
  expect(() =>
    plain.logLikelihoodByClass(input('image', shape), input('noise', shape), parametersFrom(tensors)),
  ).toThrow('has no likelihood by class');
  expect(() => new Glow(imageShape, { ...options, classes: true })).toThrow('model.classes is true');
});
