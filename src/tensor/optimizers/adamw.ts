// AdamW: Adam with decoupled weight decay, which bypasses the moments.
import { requireFinite, requireFraction } from '../../core/numeric/index.ts';
import { fraction, numberFrom, option } from '../../core/parts/index.ts';
import { add, divide, multiply, sqrt, subtract } from '../operations/index.ts';
import { defineOptimizer, epsilonOption, type Optimizer, singleNumbers, type Tensors } from './optimizer.ts';

const ruleKind = { name: 'adamw', moments: ['first', 'second'], itemShape: singleNumbers } as const;
const kind = { name: 'adamw', rules: [ruleKind] } as const;

/** AdamW's decay rates of the moments and of the weights. */
export interface AdamwOptions {
  /** β₁, the decay of the mean of the gradients; default 0.9. */
  readonly beta1?: number;
  /** β₂, the decay of the mean of the squared gradients; default 0.999. */
  readonly beta2?: number;
  /** ε, which keeps the divisor above 0; default 1e-8. */
  readonly epsilon?: number;
  /** λ; 0 for Adam; default 0.01. */
  readonly weightDecay?: number;
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
 *
 * @throws UserError (`invalid-argument`) if an option is out of its range
 */
export function adamw({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
}: AdamwOptions = {}): Optimizer {
  requireFraction('beta1', beta1);
  requireFraction('beta2', beta2);
  requireFinite('epsilon', epsilon, 0);
  requireFinite('weightDecay', weightDecay, 0);
  return {
    ...kind,
    rules: [
      { ...ruleKind, decays: weightDecay > 0, update: updateWith({ beta1, beta2, epsilon, weightDecay }) },
    ],
    scalars: (t, learningRate) => ({
      rate: learningRate / (1 - beta1 ** t),
      correction: 1 / Math.sqrt(1 - beta2 ** t),
      ...(weightDecay > 0 && { decay: learningRate * weightDecay }),
    }),
  };
}

function updateWith({ beta1, beta2, epsilon, weightDecay }: Required<AdamwOptions>) {
  return ({ weights, gradients, first, second, rate, correction, decay, decays }: Tensors): Tensors => {
    const m = add(multiply(first!, beta1), multiply(gradients!, 1 - beta1));
    const v = add(multiply(second!, beta2), multiply(multiply(gradients!, gradients!), 1 - beta2));
    const step = multiply(rate!, divide(m, add(multiply(sqrt(v), correction!), epsilon)));
    const change = weightDecay === 0 ? step : add(step, multiply(multiply(decay!, decays!), weights!));
    return { first: m, second: v, weights: subtract(weights!, change) };
  };
}

/** AdamW as configurations choose it. */
export const adamwOptimizer = defineOptimizer({
  ...kind,
  summary: 'Adam with decoupled weight decay.',
  options: {
    beta1: option('Decay of the running mean of gradients.', fraction(), 0.9),
    beta2: option('Decay of the running mean of squared gradients.', fraction(), 0.999),
    epsilon: epsilonOption,
    weightDecay: option(
      'Weight decay of the kernels of networks, times the learning rate.',
      numberFrom(0, 1000),
      0.01,
    ),
  },
  build: adamw,
});
