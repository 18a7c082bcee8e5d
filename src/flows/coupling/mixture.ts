// The mixture transformer.
import { UserError } from '../../core/errors.ts';
import { portableExp, portableLog, portableSigmoid } from '../../core/numeric/index.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  divide,
  exp,
  logSigmoid,
  multiply,
  relu,
  reshape,
  split,
  subtract,
  transpose,
} from '../../tensor/operations/index.ts';
import { logitOfMixture, type MixtureNumbers } from './logisticMixture.ts';
import { defineTransformer, elementwise, type TransformerFor } from './parts.ts';

/** The options of a mixture transformer. */
export interface MixtureOptions {
  /** The components of a mixture, 1 to 64; default 4. */
  readonly components?: number;
}

/** The most components: more would take longer than a network. */
const MOST_COMPONENTS = 64;

/** A lower bound on the logarithm of a scale. */
const LEAST_LOG_SCALE = -7;

/** The numbers of each value, in parts: K logits, means and logarithms of scales; shift; t. */
type NumberParts = [logits: Tensor, means: Tensor, logScales: Tensor, shift: Tensor, t: Tensor];

/** The axes of images with the batch last, and the other way round. */
const BATCH_LAST = [3, 1, 2, 0];

/**
 * y = (ln F(x) − ln(1 − F(x)) + shift)·sigmoid(t + 2), with F the distribution function of a mixture of K logistic
 * distributions: F(x) = Σ πₖ sigmoid((x − μₖ)·e^−sₖ). The numbers are K logits, whose softmax is π; K means, shifted by
 * (2k − K + 1)/K so that the components start apart; K logarithms of scales s, at least −7; shift; and t.
 * Source: Ho et al., Flow++ (2019).
 *
 * @throws if the number of components is out of range
 */
export function mixture({ components = 4 }: MixtureOptions = {}): TransformerFor {
  if (!Number.isInteger(components) || components < 1 || components > MOST_COMPONENTS) {
    throw new UserError(
      'invalid-argument',
      `mixture: components must be a whole number from 1 to ${MOST_COMPONENTS}, not ${components}`,
    );
  }
  const apart = Float64Array.from({ length: components }, (_, k) => (2 * k - components + 1) / components);
  /** The mixtures with these logits, means and logarithms of scales; components lie along `axis`, the last but one. */
  const createMixtures = (
    logits: Tensor,
    means: Tensor,
    logScales: Tensor,
    axis: number,
  ): MixtureNumbers => ({
    logits,
    means: add(means, constant({ shape: [components, 1], data: apart })),
    // max(s, −7).
    logScales: add(relu(subtract(logScales, LEAST_LOG_SCALE)), LEAST_LOG_SCALE),
    axis,
  });
  const splitNumbers = (numbers: Tensor, axis: number, channels: number): NumberParts =>
    split(
      numbers,
      axis,
      [components, components, components, 1, 1].map((count) => count * channels),
    ) as NumberParts;
  return elementwise({
    name: 'mixture',
    numbers: 3 * components + 2,
    forward(x, numbers) {
      const [images, height, width, channels] = x.shape as [number, number, number, number];
      const [logits, means, logScales, shift, t] = splitNumbers(numbers, 3, channels);
      const splitAxis = (part: Tensor, count = components): Tensor =>
        reshape(part, [images, height, width, count, channels]);
      const mixtures = createMixtures(splitAxis(logits), splitAxis(means), splitAxis(logScales), 3);
      const { forward } = logitOfMixture(mixtures);
      const { logit, logDerivative } = forward(splitAxis(x, 1));
      const logScale = logSigmoid(add(t, 2));
      return {
        // Not by a sigmoid: see the affine transformer.
        y: multiply(add(reshape(logit, x.shape), shift), exp(logScale)),
        logDerivative: add(reshape(logDerivative, x.shape), logScale),
      };
    },
    inverse(y, numbers) {
      const [images, height, width, channels] = y.shape as [number, number, number, number];
      const values = images * height * width * channels;
      // Contiguous in memory: the iteration reads all of it at every step.
      const columns = (x: Tensor): Tensor =>
        reshape(transpose(x, BATCH_LAST), [x.shape[3]! / channels, values]);
      const [logits, means, logScales, shift, t] = splitNumbers(columns(numbers), 0, 1);
      const { inverse } = logitOfMixture(createMixtures(logits, means, logScales, 0));
      const logit = subtract(divide(columns(y), exp(logSigmoid(add(t, 2)))), shift);
      return transpose(reshape(inverse(logit), [channels, height, width, images]), BATCH_LAST);
    },
    scalar: {
      curve(numbers) {
        const logit = portableLogit(numbers, apart);
        const shift = numbers[3 * components]!;
        const scale = portableSigmoid(numbers[3 * components + 1]! + 2);
        return (x) => (logit(x) + shift) * scale;
      },
    },
  });
}

/**
 * x ↦ ln F(x) − ln(1 − F(x)), with F the distribution function of the mixture of these numbers; `apart` is added to the means.
 *
 * F/(1 − F) = Σ πₖ σ(zₖ) / Σ πₖ σ(−zₖ), with zₖ = (x − μₖ)·e^−sₖ. Both sums are scaled so that neither vanishes: for z < 0,
 * σ(z) = e^z·σ(−z), and the largest e^z of all components is taken out.
 */
function portableLogit(numbers: Float64Array, apart: Float64Array): (x: number) => number {
  const components = apart.length;
  // Every value that is coded has its own curve: loops take a fraction of the time of copies of parts of the numbers.
  const z = new Float64Array(components);
  const weights = new Float64Array(components);
  const means = new Float64Array(components);
  const rates = new Float64Array(components);
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < components; k++) {
    largest = Math.max(largest, numbers[k]!);
  }
  let total = 0;
  for (let k = 0; k < components; k++) {
    z[k] = portableExp(numbers[k]! - largest);
    total += z[k]!;
  }
  let count = 0;
  for (let k = 0; k < components; k++) {
    const weight = z[k]! / total;
    // A component without weight must not decide what is taken out.
    if (weight > 0) {
      weights[count] = weight;
      means[count] = numbers[components + k]! + apart[k]!;
      rates[count] = portableExp(-Math.max(numbers[2 * components + k]!, LEAST_LOG_SCALE));
      count++;
    }
  }
  // Much of the time of decompressing is spent here.
  return (x) => {
    let [highest, lowest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let k = 0; k < count; k++) {
      const value = (x - means[k]!) * rates[k]!;
      z[k] = value;
      highest = Math.max(value, highest);
      lowest = Math.min(value, lowest);
    }
    // e^below is taken out of the lower sum where every σ(z) is small, e^−above out of the upper one where every σ(−z) is.
    const below = Math.min(highest, 0);
    const above = Math.max(lowest, 0);
    let [lower, upper] = [0, 0];
    for (let k = 0; k < count; k++) {
      const value = z[k]!;
      const power = portableExp(value < 0 ? value : -value);
      const larger = weights[k]! / (1 + power);
      // e^(min(z, 0) − below) and e^(above − max(z, 0)): each is 1 or `power`, unless something is taken out.
      lower += larger * (value >= 0 ? 1 : below === 0 ? power : portableExp(value - below));
      upper += larger * (value < 0 ? 1 : above === 0 ? power : portableExp(above - value));
    }
    return portableLog(lower) - portableLog(upper) + below + above;
  };
}

/** The mixture transformer as configurations choose it. */
export const mixtureTransformer = defineTransformer({
  name: 'mixture',
  summary: 'The distribution function of a mixture of logistic distributions, then its logit.',
  options: { components: option('Components of the mixture.', wholeNumber(1, MOST_COMPONENTS), 4) },
  build: mixture,
});
