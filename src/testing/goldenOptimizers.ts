// The golden cases of optimisers: weights and their averages after each of several updates, as comparisons.

import { type Device, defaultDevice } from '../engine/devices/device.ts';
import { compileLoop } from '../engine/loop.ts';
import type { Precision } from '../engine/onnx/emitter.ts';
import { compile } from '../engine/program.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { adamax } from '../optimizers/adamax.ts';
import { adamw } from '../optimizers/adamw.ts';
import { averageShare, withAverage } from '../optimizers/average.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import type { OptimizerName } from '../optimizers/registry.ts';
import { type Comparison, compared, type GoldenCase, type GoldenCheck, ndarray } from './goldenValues.ts';

/** The checks of optimisers, by the names of their cases. */
export const optimizerChecks: readonly GoldenCheck[] = [[/(^|-)adam(ax|w)-/, checkOptimizer]];

/** The checks of the loops that update weights in place, in float32 whatever the precision. */
export const loopChecks: readonly GoldenCheck[] = [[/(^|-)adam(ax|w)-/, checkLoop]];

/** The optimiser named by a case's kind, with the case's options. */
const optimizerOf: Record<OptimizerName, (golden: GoldenCase) => Optimizer> = {
  adamax: (golden) => adamax(golden as Parameters<typeof adamax>[0]),
  adamw: (golden) => adamw(golden as Parameters<typeof adamw>[0]),
};

const scalar = (value: number): NdArray => ({ shape: [], data: Float64Array.of(value) });

async function checkOptimizer(
  golden: GoldenCase,
  precision: Precision,
  device: Device = defaultDevice,
): Promise<Comparison[]> {
  const optimizer = optimizerOf[golden.kind as OptimizerName](golden);
  const definition = withAverage(optimizer.program);
  const program = await compile(definition, { precision, device });
  const weights = ndarray(golden.start);
  const filled = (value: number): NdArray => ({
    shape: weights.shape,
    data: new Float64Array(weights.data.length).fill(value),
  });
  const decays = 'decays' in definition.inputs ? { decays: filled(golden.decays ? 1 : 0) } : {};
  const zeros = optimizer.moments.map((moment) => [moment, filled(0)]);
  const comparisons: Comparison[] = [];
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
    comparisons.push(
      compared(`weights after ${t}`, state.weights!.data, golden.parameters[index].data, precision),
      compared(`average after ${t}`, state.average!.data, golden.average[index].data, precision),
    );
  }
  await program.release();
  return comparisons;
}

async function checkLoop(golden: GoldenCase): Promise<Comparison[]> {
  const optimizer = optimizerOf[golden.kind as OptimizerName](golden);
  const definition = withAverage(optimizer.program);
  const loop = await compileLoop(definition, { all: golden.start.data.length });
  const vectors = loop.vectorsOf('all');
  vectors.weights!.set(golden.start.data);
  vectors.decays?.fill(golden.decays ? 1 : 0);
  const comparisons: Comparison[] = [];
  for (const [index, gradients] of golden.gradients.entries()) {
    const t = index + 1;
    vectors.gradients!.set(gradients.data);
    loop.run('all', {
      ...optimizer.scalars(t, golden.learningRate),
      share: averageShare(t, golden.decay),
    });
    comparisons.push(
      compared(`weights after ${t}`, vectors.weights!, golden.parameters[index].data, 'float32'),
      compared(`average after ${t}`, vectors.average!, golden.average[index].data, 'float32'),
    );
  }
  return comparisons;
}
