// Adamax, and the moving average of the weights, as a program.

import { abs, add, divide, maximum, multiply, subtract } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import { OPEN_BATCH } from '../../tensor/shape.ts';
import { input, type Tensor } from '../../tensor/tensor.ts';

/** What Adamax remembers, and how it corrects for the zero start of its first moment. */
export interface AdamaxOptions {
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the largest gradient. */
  readonly beta2: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** `glow` has Adam's factor √(1 − β₂ᵗ) in the rate, as Glow's code does; `standard` has none. */
  readonly biasCorrection: 'glow' | 'standard';
}

/** The arrays of a state, by the name of what they hold. */
export const stateKinds = ['weights', 'first', 'second', 'average'] as const;

/** What an update reads: one of `stateKinds`, or the gradients. */
export type UpdateKind = (typeof stateKinds)[number] | 'gradients';

/** The name that a program has for an array of this kind that belongs to a group, or to a parameter. */
export function stateName(kind: UpdateKind, name: string): string {
  return `${kind}/${name}`;
}

/**
 * The program of the update of weights θ with gradients g, vectors of any length:
 *
 *     m = β₁·m + (1 − β₁)·g      u = max(β₂·u, |g|)      θ = θ − rate·m/(u + ε)      a = a + share·(θ − a)
 *
 * where `rate` and `share` come from `updateRates`. Inputs: `rate`, `share`, `gradients`, `weights`, `first` (m),
 * `second` (u) and `average` (a); outputs: the new ones of the last four under the same names.
 * Source: Kingma and Ba (2015), in the form of Glow's code.
 */
export function adamaxProgram({ beta1 = 0.9, beta2, epsilon = 1e-8 }: AdamaxOptions): ProgramDefinition {
  const [rate, share] = [input('rate', []), input('share', [])];
  const vector = (name: string): Tensor => input(name, [OPEN_BATCH]);
  const gradients = vector('gradients');
  const [weights, first, second, average] = [
    vector('weights'),
    vector('first'),
    vector('second'),
    vector('average'),
  ];
  const m = add(multiply(first, beta1), multiply(gradients, 1 - beta1));
  const u = maximum(multiply(second, beta2), abs(gradients));
  const updated = subtract(weights, multiply(rate, divide(m, add(u, epsilon))));
  return {
    inputs: { rate, share, gradients, weights, first, second, average },
    outputs: {
      first: m,
      second: u,
      weights: updated,
      average: add(average, multiply(share, subtract(updated, average))),
    },
  };
}

/**
 * The two scalars of update t = 1, 2, …: the learning rate with its bias correction, and the share (1 − d)/(1 − dᵗ)
 * of the new weights in their average with decay d, which keeps the average corrected for its zero start.
 */
export function updateRates(
  step: number,
  learningRate: number,
  { beta1 = 0.9, beta2, biasCorrection }: AdamaxOptions,
  averageDecay: number,
): { rate: number; share: number } {
  const warmth = biasCorrection === 'glow' ? Math.sqrt(1 - beta2 ** step) : 1;
  return {
    rate: (learningRate * warmth) / (1 - beta1 ** step),
    share: (1 - averageDecay) / (1 - averageDecay ** step),
  };
}
