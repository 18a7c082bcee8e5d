// A mixture of Gaussians as a base: several modes for each latent.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  detach,
  exp,
  greater,
  log,
  maximum,
  multiply,
  negate,
  relu,
  split,
  subtract,
  where,
} from '../../tensor/operations/index.ts';
import { filledParameter, type ParameterSpec, type Parameters } from '../contract/parameters.ts';
import { type BaseDistribution, definePrior } from './baseDistribution.ts';

/** The options of a mixture of Gaussians. */
export interface GaussianMixtureOptions {
  /** How many Gaussians there are, 2 to 64; default 3. */
  readonly components?: number;
}

/** The most Gaussians of a mixture. */
const MOST_GAUSSIANS = 64;

/** A lower bound on the logarithm of a deviation: the density stays bounded. */
const LEAST_LOG_DEVIATION = -5;

/**
 * A mixture of K Gaussians with learned weights, means and deviations, the same at every pixel of a channel: the density is
 * Σ πₖ·N(ε; μₖ, e^sₖ), π = softmax of the logits, s at least −5. At the start the weights are equal, the means evenly spaced
 * from −1 to 1, and the deviations 0.7.
 *
 * Sampling: a uniform number chooses k, from two normal numbers; the third one is scaled and shifted.
 *
 * @throws if the number of components is out of range
 */
export function gaussianMixture({ components = 3 }: GaussianMixtureOptions = {}): BaseDistribution {
  if (!Number.isInteger(components) || components < 2 || components > MOST_GAUSSIANS) {
    throw new UserError(
      'invalid-argument',
      `gaussian-mixture: components must be a whole number from 2 to ${MOST_GAUSSIANS}, not ${components}`,
    );
  }
  const means = Float64Array.from({ length: components }, (_, k) => (2 * k) / (components - 1) - 1);
  const spread = (channels: number): ParameterSpec => ({
    ...filledParameter([components, channels], 0),
    initial: () =>
      Float64Array.from(
        { length: components * channels },
        (_, index) => means[Math.floor(index / channels)]!,
      ),
  });
  /** The numbers of each component, `[1, C]` each. */
  const componentsIn = (p: Parameters) => {
    const rows = (x: Tensor): Tensor[] => split(x, 0, Array(components).fill(1));
    const logits = rows(p.get('logits'));
    // What follows doesn't depend on the largest number in total, so it needs no gradient.
    const top = detach(logits.reduce(maximum));
    const logTotal = add(top, log(total(logits.map((logit) => exp(subtract(logit, top))))));
    const centres = rows(p.get('means'));
    // max(s, −5).
    const logDeviations = rows(
      add(relu(subtract(p.get('logDeviations'), LEAST_LOG_DEVIATION)), LEAST_LOG_DEVIATION),
    );
    return logits.map((logit, k) => ({
      logWeight: subtract(logit, logTotal),
      mean: centres[k]!,
      logDeviation: logDeviations[k]!,
    }));
  };
  return {
    name: 'gaussian-mixture',
    parameters: ([, , channels]: ImageShape) => ({
      logits: filledParameter([components, channels], 0),
      means: spread(channels),
      logDeviations: filledParameter([components, channels], Math.log(0.7)),
    }),
    energy(epsilon, p) {
      const terms = componentsIn(p).map(({ logWeight, mean, logDeviation }) => {
        const standard = multiply(subtract(epsilon, mean), exp(negate(logDeviation)));
        return subtract(subtract(logWeight, logDeviation), multiply(multiply(standard, standard), 0.5));
      });
      const top = detach(terms.reduce(maximum));
      return negate(add(top, log(total(terms.map((term) => exp(subtract(term, top)))))));
    },
    logNormaliser: 0.5 * Math.log(2 * Math.PI),
    draws: 3,
    sample(normal, p) {
      const channels = normal.shape[3]! / 3;
      const [value, a, b] = split(normal, 3, [channels, channels, channels]);
      const uniform = exp(multiply(add(multiply(a, a), multiply(b, b)), -0.5));
      const [first, ...later] = componentsIn(p).map(({ logWeight, mean, logDeviation }) => ({
        weight: exp(logWeight),
        drawn: add(multiply(value, exp(logDeviation)), mean),
      }));
      // A component replaces the one before it where the uniform number is above the weights of those before it.
      let { weight: before, drawn: chosenValue } = first!;
      for (const { weight, drawn } of later) {
        chosenValue = where(greater(uniform, before), drawn, chosenValue);
        before = add(before, weight);
      }
      return chosenValue;
    },
  };
}

/** A mixture of Gaussians as configurations choose it. */
export const gaussianMixturePrior = definePrior({
  name: 'gaussian-mixture',
  summary: 'A mixture of Gaussians with learned weights, means and deviations in each channel.',
  options: { components: option('The number of Gaussians.', wholeNumber(2, MOST_GAUSSIANS), 3) },
  build: gaussianMixture,
});

function total(parts: readonly Tensor[]): Tensor {
  return parts.reduce((sum, part) => add(sum, part));
}
