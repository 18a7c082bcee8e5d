// Adamax: the step is the first moment over a decaying maximum of the gradient's magnitude.
import * as z from 'zod/mini';
import { abs, add, divide, maximum, multiply, subtract } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/programDefinition.ts';
import { OPEN_BATCH } from '../tensor/shape.ts';
import { input, type Tensor } from '../tensor/tensor.ts';
import { epsilonOption, type Optimizer, optimizerChoice } from './optimizer.ts';

const kind = { name: 'adamax', moments: ['first', 'second'] } as const;

/** Adamax's decay rates, and its bias correction for the zero start of the first moment. */
export interface AdamaxOptions {
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the running maximum of the gradient. */
  readonly beta2: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** `glow` has Adam's factor √(1 − β₂ᵗ) in the rate, as Glow's code does; `standard` has none. */
  readonly biasCorrection: 'glow' | 'standard';
}

/**
 * Adamax, the update of weights θ with gradients g:
 *
 *     m = β₁·m + (1 − β₁)·g      u = max(β₂·u, |g|)      θ = θ − rate·m/(u + ε)
 *
 * where m is the moment `first`, u `second`, and `rate` the learning rate over 1 − β₁ᵗ, times √(1 − β₂ᵗ) with Glow's
 * bias correction. Source: Kingma and Ba (2015), as in Glow's code.
 */
export function adamax({ beta1 = 0.9, beta2, epsilon = 1e-8, biasCorrection }: AdamaxOptions): Optimizer {
  return {
    ...kind,
    program: programOf(beta1, beta2, epsilon),
    scalars(t, learningRate) {
      const warmth = biasCorrection === 'glow' ? Math.sqrt(1 - beta2 ** t) : 1;
      return { rate: (learningRate * warmth) / (1 - beta1 ** t) };
    },
  };
}

function programOf(beta1: number, beta2: number, epsilon: number): ProgramDefinition {
  const vector = (name: string): Tensor => input(name, [OPEN_BATCH]);
  const [weights, gradients] = [vector('weights'), vector('gradients')];
  const [first, second] = [vector('first'), vector('second')];
  const rate = input('rate', []);
  const m = add(multiply(first, beta1), multiply(gradients, 1 - beta1));
  const u = maximum(multiply(second, beta2), abs(gradients));
  const updated = subtract(weights, multiply(rate, divide(m, add(u, epsilon))));
  return {
    inputs: { rate, gradients, weights, first, second },
    outputs: { first: m, second: u, weights: updated },
  };
}

/** Adamax as a configuration chooses it: β₁ = 0.9, β₂ = 1 − 1/(steps per epoch). */
export const adamaxChoice = optimizerChoice({
  ...kind,
  options: {
    /** Bias correction of the moments, for adamax. */
    biasCorrection: z
      .enum(['glow', 'standard'], 'one of glow, standard')
      .check(z.describe('Bias correction of the moments, for adamax.')),
    ...epsilonOption,
  },
  defaults: { biasCorrection: 'glow', epsilon: 1e-8 },
  create: (options, stepsPerEpoch) => adamax({ ...options, beta2: 1 - 1 / stepsPerEpoch }),
});
