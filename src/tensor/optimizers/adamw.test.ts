// AdamW against its formulas in scalar arithmetic, as in the paper's Algorithm 2.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { compile } from '../engine/program.ts';
import { adamw } from './adamw.ts';
import { updateProgram } from './programs.ts';

const LENGTH = 9;
const [beta1, beta2, epsilon] = [0.8, 0.95, 1e-3];

/** The value of one weight after updates with these gradients and learning rates. */
function weightAfter(
  start: number,
  gradients: readonly number[],
  rates: readonly number[],
  weightDecay: number,
): number {
  let [weight, mean, meanSquare] = [start, 0, 0];
  for (const [index, gradient] of gradients.entries()) {
    const rate = rates[index]!;
    mean = beta1 * mean + (1 - beta1) * gradient;
    meanSquare = beta2 * meanSquare + (1 - beta2) * gradient * gradient;
    const corrected = mean / (1 - beta1 ** (index + 1));
    const correctedSquare = meanSquare / (1 - beta2 ** (index + 1));
    // Decoupled: the decay enters neither mean.
    weight =
      weight - (rate * corrected) / (Math.sqrt(correctedSquare) + epsilon) - rate * weightDecay * weight;
  }
  return weight;
}

describe.each([0, 0.7])('with a weight decay of %d', (weightDecay) => {
  it('updates weights by its formulas, over several updates with different rates', async () => {
    const random = new RandomStream(0, 'adamw');
    const vector = () => Float64Array.from({ length: LENGTH }, () => random.normal());
    const rates = [0.01, 0.02, 0.03, 0.03, 0.015, 0.001];
    const gradients = rates.map(vector);
    const start = vector();
    // Every other weight decays.
    const decays = start.map((_, index) => index % 2);
    const optimizer = adamw({ beta1, beta2, epsilon, weightDecay });
    const program = await compile(updateProgram(optimizer), { precision: 'float64' });
    const zeros = { shape: [LENGTH], data: new Float64Array(LENGTH) };
    let state = { weights: { shape: [LENGTH], data: start }, first: zeros, second: zeros } as Awaited<
      ReturnType<typeof program.run>
    >;
    for (const [index, learningRate] of rates.entries()) {
      const scalars = Object.entries(optimizer.scalars(index + 1, learningRate)).map(([name, value]) => [
        name,
        { shape: [], data: Float64Array.of(value) },
      ]);
      state = await program.run({
        ...state,
        ...(weightDecay > 0 && { decays: { shape: [LENGTH], data: decays } }),
        gradients: { shape: [LENGTH], data: gradients[index]! },
        ...Object.fromEntries(scalars),
      });
    }
    await program.release();
    for (const [index, weight] of start.entries()) {
      const weightGradients = gradients.map((gradient) => gradient[index]!);
      const expected = weightAfter(weight, weightGradients, rates, decays[index]! * weightDecay);
      expect(state.weights!.data[index]).toBeCloseTo(expected, 13);
    }
  });
});
