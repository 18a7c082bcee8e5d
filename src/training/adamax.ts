// Adamax, and the moving average of the weights, as a program.

import { abs, add, divide, maximum, multiply, subtract } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { input, type Tensor } from '../tensor/tensor.ts';

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

/** The name of an array of the optimiser's program: kind and group. */
export function stateName(kind: (typeof stateKinds)[number] | 'gradients', group: string): string {
  return `${kind}/${group}`;
}

/**
 * The program of one update. For every group of weights θ with gradient g:
 *
 *     m = β₁·m + (1 − β₁)·g      u = max(β₂·u, |g|)      θ = θ − rate·m/(u + ε)      a = a + share·(θ − a)
 *
 * where `rate` and `share` come from `updateRates`. Inputs: `rate`, `share`, and for each group `weights/…`,
 * `first/…` (m), `second/…` (u), `average/…` (a) and `gradients/…`; outputs: the new ones under the same names.
 * Source: Kingma and Ba (2015), in the form of Glow's code.
 */
export function adamaxProgram(
  groups: readonly { name: string; shape: readonly number[] }[],
  { beta1 = 0.9, beta2, epsilon = 1e-8 }: AdamaxOptions,
): ProgramDefinition {
  const rate = input('rate', []);
  const share = input('share', []);
  const inputs: Record<string, Tensor> = { rate, share };
  const outputs: Record<string, Tensor> = {};
  for (const { name, shape } of groups) {
    const given = (kind: Parameters<typeof stateName>[0]): Tensor => {
      const key = stateName(kind, name);
      inputs[key] = input(key, shape);
      return inputs[key];
    };
    const g = given('gradients');
    const theta = given('weights');
    const average = given('average');
    const m = add(multiply(given('first'), beta1), multiply(g, 1 - beta1));
    const u = maximum(multiply(given('second'), beta2), abs(g));
    const updated = subtract(theta, multiply(rate, divide(m, add(u, epsilon))));
    outputs[stateName('first', name)] = m;
    outputs[stateName('second', name)] = u;
    outputs[stateName('weights', name)] = updated;
    outputs[stateName('average', name)] = add(average, multiply(share, subtract(updated, average)));
  }
  return { inputs, outputs };
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
