// The moving average of the weights, maintained alongside any optimiser's update.
import { add, multiply, subtract } from '../operations/index.ts';
import { input, type ProgramDefinition } from '../tensor.ts';

/**
 * The program of an update that also keeps the average a of the new weights θ:
 *
 *     a = a + share·(θ − a)
 *
 * with `share` from `averageShare`. Inputs: the update's, the scalar `share` and the vector `average`; outputs:
 * the update's and the new `average`.
 */
export function withAverage({ inputs, outputs }: ProgramDefinition): ProgramDefinition {
  const [share, average] = [input('share', []), input('average', outputs.weights!.shape)];
  const moved = add(average, multiply(share, subtract(outputs.weights!, average)));
  return { inputs: { ...inputs, share, average }, outputs: { ...outputs, average: moved } };
}

/**
 * The share (1 − d)/(1 − dᵗ) that the weights of update t = 1, 2, … take in their average with decay d; it
 * keeps the average corrected for its zero start.
 */
export function averageShare(t: number, decay: number): number {
  return (1 - decay) / (1 - decay ** t);
}
