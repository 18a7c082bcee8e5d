// Golden cases for the optimisers: weights and their averages after each of several updates.
import { describe, it } from 'vitest';
import type { Precision } from '../engine/onnx/emitter.ts';
import { compile } from '../engine/program.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { expectClose, type GoldenCase, goldenCases, ndarray } from '../testing/golden.ts';
import { adamax } from './adamax.ts';
import { adamw } from './adamw.ts';
import { averageShare, withAverage } from './average.ts';
import type { Optimizer } from './optimizer.ts';
import type { OptimizerName } from './registry.ts';

/** The optimiser named by a case's kind, with the case's options. */
const optimizerOf: Record<OptimizerName, (golden: GoldenCase) => Optimizer> = {
  adamax: (golden) => adamax(golden as Parameters<typeof adamax>[0]),
  adamw: (golden) => adamw(golden as Parameters<typeof adamw>[0]),
};

const scalar = (value: number): NdArray => ({ shape: [], data: Float64Array.of(value) });

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  it.each(goldenCases(/(^|-)adam(ax|w)-/))('%s', async (_, golden) => {
    const optimizer = optimizerOf[golden.kind as OptimizerName](golden);
    const definition = withAverage(optimizer.program);
    const program = await compile(definition, { precision });
    const weights = ndarray(golden.start);
    const filled = (value: number): NdArray => ({
      shape: weights.shape,
      data: new Float64Array(weights.data.length).fill(value),
    });
    const decays = 'decays' in definition.inputs ? { decays: filled(golden.decays ? 1 : 0) } : {};
    const zeros = optimizer.moments.map((moment) => [moment, filled(0)]);
    let state: Record<string, NdArray> = { weights, average: filled(0), ...Object.fromEntries(zeros) };
    for (const [index, gradients] of golden.gradients.entries()) {
      const t = index + 1;
      const scalars = {
        ...optimizer.scalars(t, golden.learningRate),
        share: averageShare(t, golden.decay),
      };
      state = await program.run({
        ...state,
        ...decays,
        gradients: ndarray(gradients),
        ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, scalar(value)])),
      });
      expectClose(`weights after ${t}`, state.weights!.data, golden.parameters[index].data, precision);
      expectClose(`average after ${t}`, state.average!.data, golden.average[index].data, precision);
    }
    await program.release();
  });
});
