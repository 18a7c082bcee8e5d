// Samples of a model, weighted by how much more probable they are under an action than under the model.

import { UserError } from '../../core/errors.ts';
import {
  countDimensions,
  type ImageShape,
  RandomStream,
  requireWhole,
  valueRange,
} from '../../core/numeric/index.ts';
import type { FlowModel, WorkOptions } from '../../model/index.ts';
import { compile, releaseAfter } from '../../tensor/engine/index.ts';
import { input, OPEN_BATCH } from '../../tensor/index.ts';
import { type Action, buildAction } from '../gradients/actionLoss.ts';

/** How many samples are drawn. Progress counts samples. */
export interface WeighOptions extends WorkOptions {
  /** The number of samples. */
  readonly count: number;
  /** The seed of the samples; default 0. */
  readonly seed?: number;
}

/** Samples of a model and their weights. */
export interface WeightedSamples {
  /** The samples, `[count, H, W, C]`. */
  readonly samples: Float32Array;
  /** ln w = −S(x) − ln q(x) of each sample. */
  readonly logWeights: Float64Array;
  /** `effectiveSampleSize(logWeights)`. */
  readonly effectiveSampleSize: number;
  /** ln of the mean weight: an estimate of ln Z, the integral of e^−S. */
  readonly logNormaliser: number;
}

/**
 * Draws samples of a continuous model and weighs them by e^−S/q. A mean with these weights is one under e^−S/Z, however
 * inaccurate the model, provided that it covers everything that e^−S covers.
 *
 * @throws UserError if the model is not continuous, the action does not return a number for each image, or (`diverged`) as
 *   `effectiveSampleSize` does
 */
export async function weighSamples(
  model: FlowModel,
  action: Action,
  { count, seed = 0, signal, onProgress }: WeighOptions,
): Promise<WeightedSamples> {
  requireWhole('count', count, 1);
  const { imageShape, kind } = model;
  if (kind !== 'float32') {
    throw new UserError(
      'mismatch',
      'an action takes real numbers, but the model is for integers: train one with trainToAction, or with model.continuous=true',
    );
  }
  const samples = (await model.sample({ count, seed, signal })) as Float32Array;
  const logDensity = await model.logLikelihood(samples, { signal, onProgress });
  const actions = await actionValues(action, samples, imageShape);
  const logWeights = actions.map((value, index) => -value - logDensity[index]!);
  return {
    samples,
    logWeights,
    effectiveSampleSize: effectiveSampleSize(logWeights),
    logNormaliser: largestLogWeight(logWeights) + Math.log(total(scaled(logWeights)) / count),
  };
}

/** S of each field, in float64. */
async function actionValues(
  action: Action,
  fields: Float32Array,
  imageShape: ImageShape,
): Promise<Float64Array> {
  const size = countDimensions(imageShape);
  const count = fields.length / size;
  const values = new Float64Array(count);
  const x = input('x', [OPEN_BATCH, ...imageShape]);
  const definition = { inputs: { x }, outputs: { values: buildAction(action, x) } };
  await releaseAfter(async (keep) => {
    const program = keep(await compile(definition, { precision: 'float64' }));
    for (let first = 0; first < count; first += AT_ONCE) {
      const end = Math.min(first + AT_ONCE, count);
      const data = fields.subarray(first * size, end * size);
      const actions = await program.run({ x: { shape: [end - first, ...imageShape], data } });
      values.set(actions.values!.data, first);
    }
  });
  return values;
}

/** Fields per run of the action's program. */
const AT_ONCE = 1024;

/**
 * (Σ w)²/(N·Σ w²), from 1/N to 1: the share of N weighted samples that as many samples of the exact density would be worth.
 *
 * @throws UserError (`diverged`) if a weight is not finite, or all are 0
 */
export function effectiveSampleSize(logWeights: Float64Array): number {
  const weights = scaled(logWeights);
  const [sum, squares] = [total(weights), total(weights.map((weight) => weight ** 2))];
  return sum ** 2 / (weights.length * squares);
}

/** A Metropolis chain over samples in their order. */
export interface MetropolisChain {
  /** The state after each step: the number of a sample. */
  readonly states: Uint32Array;
  /** The share of proposals that were accepted. */
  readonly acceptance: number;
}

/**
 * The Metropolis chain whose proposals are the samples, independent of its state: sample j replaces i with probability
 * min(1, wⱼ/wᵢ). Its states have the density e^−S/Z, exactly in the limit of many.
 *
 * @throws UserError (`diverged`) if a weight is not finite, or all are 0
 */
export function metropolisChain(
  logWeights: Float64Array,
  { seed = 0 }: { readonly seed?: number } = {},
): MetropolisChain {
  largestLogWeight(logWeights);
  const random = new RandomStream(seed, 'metropolis');
  const states = new Uint32Array(logWeights.length);
  let [current, accepted] = [0, 0];
  for (let proposal = 1; proposal < states.length; proposal++) {
    if (Math.log(random.uniform()) < logWeights[proposal]! - logWeights[current]!) {
      current = proposal;
      accepted++;
    }
    states[proposal] = current;
  }
  return { states, acceptance: states.length > 1 ? accepted / (states.length - 1) : 1 };
}

/**
 * The logarithm of the largest weight.
 *
 * @throws UserError (`diverged`) if it is not finite
 */
function largestLogWeight(logWeights: Float64Array): number {
  const [, greatest] = valueRange(logWeights);
  if (!Number.isFinite(greatest)) {
    const wrong = logWeights.findIndex((value) => !(value < Number.POSITIVE_INFINITY));
    throw new UserError(
      'diverged',
      wrong === -1
        ? `none of ${logWeights.length} weights is above 0: every sample has an infinite action, or there are none`
        : `ln w of sample ${wrong} is ${logWeights[wrong]}: check that the action is finite, and train longer`,
    );
  }
  return greatest;
}

/** The weights, divided by the largest one. */
function scaled(logWeights: Float64Array): Float64Array {
  const greatest = largestLogWeight(logWeights);
  return logWeights.map((value) => Math.exp(value - greatest));
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
