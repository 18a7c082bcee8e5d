// The golden cases of optimisers: weights and their averages after each of several updates, as comparisons.

import { countElements, type NdArray } from '../core/numeric/arrays.ts';
import { ParameterLayout } from '../flows/models/parameterLayout.ts';
import { newGuard } from '../runs/contents/guardState.ts';
import { type Device, defaultDevice } from '../tensor/engine/devices/device.ts';
import { compile } from '../tensor/engine/program.ts';
import { releaseAfter } from '../tensor/engine/resources.ts';
import { adamax } from '../tensor/optimizers/adamax.ts';
import { adamw } from '../tensor/optimizers/adamw.ts';
import { averageShare, withAverage } from '../tensor/optimizers/average.ts';
import { muon } from '../tensor/optimizers/muon.ts';
import { type Optimizer, ruleFor } from '../tensor/optimizers/optimizer.ts';
import { updateProgram } from '../tensor/optimizers/programs.ts';
import type { Precision } from '../tensor/tensor.ts';
import { HostArrays } from '../training/step/hostArrays.ts';
import { type Comparison, compared, type GoldenCase, type GoldenCheck, ndarray } from './goldenValues.ts';

const names = /(^|-)(adam(ax|w)|muon)-/;

/** The checks of optimisers, by the names of their cases. */
export const optimizerChecks: readonly GoldenCheck[] = [[names, checkOptimizer]];

/** The checks of updates in place, as in training: in float32 whatever the precision. */
export const inPlaceChecks: readonly GoldenCheck[] = [[names, checkInPlace]];

/** The optimiser named by a case's kind, with the case's options. */
const optimizerOf: Record<string, (golden: GoldenCase) => Optimizer> = {
  adamax: (golden) => adamax(golden as Parameters<typeof adamax>[0]),
  adamw: (golden) => adamw(golden as Parameters<typeof adamw>[0]),
  muon: ({ momentum, steps, weightDecay }) =>
    muon({
      momentum,
      iterations: steps,
      weightDecay,
      rest: adamax({ beta2: 0.9, biasCorrection: 'standard' }),
      restRate: 1,
    }),
};

const scalar = (value: number): NdArray => ({ shape: [], data: Float64Array.of(value) });

async function checkOptimizer(
  golden: GoldenCase,
  precision: Precision,
  device: Device = defaultDevice,
): Promise<Comparison[]> {
  const optimizer = optimizerOf[golden.kind]!(golden);
  const { rule, item } = ruleFor(optimizer, goldenParameter(golden));
  const length = countElements(golden.start.shape);
  const vector = (data: NdArray['data']): NdArray => ({ shape: [length], data });
  const filled = (value: number): NdArray => vector(new Float64Array(length).fill(value));
  const definition = withAverage(
    updateProgram(optimizer, [{ rule, item, count: length / countElements(item) }]),
  );
  return releaseAfter(async (keep) => {
    const program = keep(await compile(definition, { precision, device }));
    const decays = rule.decays ? { decays: filled(golden.decays ? 1 : 0) } : {};
    const zeros = ['average', ...rule.moments].map((name) => [name, filled(0)]);
    const comparisons: Comparison[] = [];
    let state: Record<string, NdArray> = {
      weights: vector(ndarray(golden.start).data),
      ...Object.fromEntries(zeros),
    };
    for (const [index, gradients] of golden.gradients.entries()) {
      const t = index + 1;
      const scalars = {
        ...optimizer.scalars(t, golden.learningRate),
        share: averageShare(t, golden.decay),
      };
      const feeds = Object.entries(scalars).map(([name, value]) => [name, scalar(value)]);
      state = await program.run({
        ...state,
        ...decays,
        gradients: vector(ndarray(gradients).data),
        ...Object.fromEntries(feeds),
      });
      comparisons.push(...compareAfter(t, golden, state.weights!, state.average!, precision));
    }
    return comparisons;
  });
}

async function checkInPlace(golden: GoldenCase): Promise<Comparison[]> {
  const optimizer = optimizerOf[golden.kind]!(golden);
  const layout = new ParameterLayout({
    kernel: {
      ...goldenParameter(golden),
      trained: true,
      decays: golden.decays ?? false,
      initial: () => Float64Array.from(golden.start.data),
    },
  });
  return releaseAfter(async (keep) => {
    const options = { optimizer, averageDecay: golden.decay, batchSize: 1 };
    const arrays = keep(await HostArrays.open(layout, options));
    await arrays.take({ step: 0, updates: 0, guard: newGuard(0), weights: layout.initial(0), average: {} });
    const gradientsByPath = arrays.layout.unpack(arrays.target(0).gradients as Record<string, NdArray>);
    const comparisons: Comparison[] = [];
    for (const [index, gradients] of golden.gradients.entries()) {
      gradientsByPath.kernel!.data.set(gradients.data);
      await arrays.update(index + 1, golden.learningRate);
      const state = await arrays.read();
      const [weights, average] = [state.weights, state.average].map(
        (groups) => layout.unpack(groups).kernel!,
      ) as [NdArray, NdArray];
      comparisons.push(...compareAfter(index + 1, golden, weights, average, 'float32'));
    }
    return comparisons;
  });
}

/** The shape of the weights of a case, and whether they are a kernel. */
function goldenParameter({ kind, start }: GoldenCase) {
  return { shape: start.shape as number[], kernel: kind === 'muon' };
}

/** Compares weights and their average after update t. */
function compareAfter(
  t: number,
  golden: GoldenCase,
  weights: NdArray,
  average: NdArray,
  precision: Precision,
): Comparison[] {
  return [
    compared(`weights after ${t}`, weights.data, golden.parameters[t - 1].data, precision),
    compared(`average after ${t}`, average.data, golden.average[t - 1].data, precision),
  ];
}
