// AdamW: Adam with decoupled weight decay, which bypasses the moments.
import * as z from 'zod/mini';
import { add, divide, multiply, sqrt, subtract } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/programDefinition.ts';
import { OPEN_BATCH } from '../tensor/shape.ts';
import { input, type Tensor } from '../tensor/tensor.ts';
import { epsilonOption, type Optimizer, optimizerChoice } from './optimizer.ts';

const kind = { name: 'adamw', moments: ['first', 'second'] } as const;

/** AdamW's decay rates of the moments and of the weights. */
export interface AdamwOptions {
  /** β₁, the decay of the mean of the gradients. */
  readonly beta1: number;
  /** β₂, the decay of the mean of the squared gradients. */
  readonly beta2: number;
  /** ε, which keeps the divisor above 0. */
  readonly epsilon: number;
  /** λ; 0 for Adam. */
  readonly weightDecay: number;
}

/**
 * AdamW, the update of weights θ with gradients g and the schedule's learning rate α:
 *
 *     m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²
 *     θ = θ − (α·m/(1 − β₁ᵗ)/(√v/√(1 − β₂ᵗ) + ε) + α·λ·decays·θ)
 *
 * where m is the moment `first`, v `second`, and `decays` is 1 for the weights that decay and 0 for the others. The
 * decay follows the learning rate, warm-up included: λ is as in PyTorch's AdamW, and α·λ is what the paper's
 * Algorithm 2 calls η·λ. Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019).
 */
export function adamw(options: AdamwOptions): Optimizer {
  const { beta1, beta2, weightDecay } = options;
  return {
    ...kind,
    program: programOf(options),
    scalars: (t, learningRate) => ({
      rate: learningRate / (1 - beta1 ** t),
      correction: 1 / Math.sqrt(1 - beta2 ** t),
      ...(weightDecay > 0 && { decay: learningRate * weightDecay }),
    }),
  };
}

function programOf({ beta1, beta2, epsilon, weightDecay }: AdamwOptions): ProgramDefinition {
  const vector = (name: string): Tensor => input(name, [OPEN_BATCH]);
  const [weights, gradients] = [vector('weights'), vector('gradients')];
  const [first, second] = [vector('first'), vector('second')];
  const [rate, correction] = [input('rate', []), input('correction', [])];
  const m = add(multiply(first, beta1), multiply(gradients, 1 - beta1));
  const v = add(multiply(second, beta2), multiply(multiply(gradients, gradients), 1 - beta2));
  const step = multiply(rate, divide(m, add(multiply(sqrt(v), correction), epsilon)));
  const inputs = { rate, correction, gradients, weights, first, second };
  const outputs = { first: m, second: v };
  if (weightDecay === 0) {
    return { inputs, outputs: { ...outputs, weights: subtract(weights, step) } };
  }
  const [decay, decays] = [input('decay', []), vector('decays')];
  const whole = add(step, multiply(multiply(decay, decays), weights));
  return {
    inputs: { ...inputs, decay, decays },
    outputs: { ...outputs, weights: subtract(weights, whole) },
  };
}

const fraction = 'a number of at least 0 and below 1';
const weightDecayText = 'a number from 0 to 1000';

/** AdamW as a configuration chooses it. */
export const adamwChoice = optimizerChoice({
  ...kind,
  options: {
    /** Decay of the running mean of gradients, for adamw. */
    beta1: z
      .number(fraction)
      .check(
        z.minimum(0, fraction),
        z.lt(1, fraction),
        z.describe('Decay of the running mean of gradients, for adamw.'),
      ),
    /** Decay of the running mean of squared gradients, for adamw. */
    beta2: z
      .number(fraction)
      .check(
        z.minimum(0, fraction),
        z.lt(1, fraction),
        z.describe('Decay of the running mean of squared gradients, for adamw.'),
      ),
    ...epsilonOption,
    /** Weight decay of adamw, times the learning rate, for the kernels of coupling networks. */
    weightDecay: z
      .number(weightDecayText)
      .check(
        z.minimum(0, weightDecayText),
        z.maximum(1000, weightDecayText),
        z.describe('Weight decay of adamw, times the learning rate, for the kernels of coupling networks.'),
      ),
  },
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  create: adamw,
});
