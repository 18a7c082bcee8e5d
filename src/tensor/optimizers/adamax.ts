// Adamax: the step is the first moment over a decaying maximum of the gradient's magnitude.
import { requireFinite, requireFraction } from '../../core/numeric/index.ts';
import { choice, option } from '../../core/parts/index.ts';
import { abs, add, divide, maximum, multiply, subtract } from '../operations/index.ts';
import { defineOptimizer, epsilonOption, type Optimizer, singleNumbers, type Tensors } from './optimizer.ts';

const ruleKind = { name: 'adamax', moments: ['first', 'second'], itemShape: singleNumbers } as const;

/** The properties of Adamax that checkpoints and memory depend on. */
export const adamaxKind = { name: 'adamax', rules: [ruleKind] } as const;

/** Adamax's decay rates, and its bias correction for the zero start of the first moment. */
export interface AdamaxOptions {
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the running maximum of the gradient; default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** `glow`, the default, has Adam's factor √(1 − β₂ᵗ) in the rate, as Glow's code does; `standard` has none. */
  readonly biasCorrection?: 'glow' | 'standard';
}

/**
 * Adamax, the update of weights θ with gradients g:
 *
 *     m = β₁·m + (1 − β₁)·g      u = max(β₂·u, |g|)      θ = θ − rate·m/(u + ε)
 *
 * where m is the moment `first`, u `second`, and `rate` the learning rate over 1 − β₁ᵗ, times √(1 − β₂ᵗ) with Glow's
 * bias correction. Source: Kingma and Ba (2015), as in Glow's code.
 *
 * @throws UserError (`invalid-argument`) if an option is out of its range
 */
export function adamax({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  biasCorrection = 'glow',
}: AdamaxOptions = {}): Optimizer {
  requireFraction('beta1', beta1);
  requireFraction('beta2', beta2);
  requireFinite('epsilon', epsilon, 0);
  return {
    ...adamaxKind,
    rules: [{ ...ruleKind, update: updateWith(beta1, beta2, epsilon) }],
    scalars(t, learningRate) {
      const warmth = biasCorrection === 'glow' ? Math.sqrt(1 - beta2 ** t) : 1;
      return { rate: (learningRate * warmth) / (1 - beta1 ** t) };
    },
  };
}

function updateWith(beta1: number, beta2: number, epsilon: number) {
  return ({ weights, gradients, first, second, rate }: Tensors): Tensors => {
    const m = add(multiply(first!, beta1), multiply(gradients!, 1 - beta1));
    const u = maximum(multiply(second!, beta2), abs(gradients!));
    return { first: m, second: u, weights: subtract(weights!, multiply(rate!, divide(m, add(u, epsilon)))) };
  };
}

/** The options of Adamax as configurations have them. */
export const adamaxOptions = {
  biasCorrection: option('Bias correction of the moments.', choice(['glow', 'standard']), 'glow'),
  epsilon: epsilonOption,
};

/** Adamax as configurations choose it: β₁ = 0.9, β₂ = 1 − 1/(steps per epoch). */
export const adamaxOptimizer = defineOptimizer({
  ...adamaxKind,
  summary: 'Adam with the maximum of gradients in place of their mean square.',
  options: adamaxOptions,
  build: (options, { stepsPerEpoch }) => adamax({ ...options, beta2: 1 - 1 / stepsPerEpoch }),
});
