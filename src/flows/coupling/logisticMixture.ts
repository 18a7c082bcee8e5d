// Mixtures of logistic distributions, one for each value: the logit of their distribution function, and its inverse.

import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  clip,
  detach,
  divide,
  exp,
  greater,
  log,
  logSigmoid,
  maximum,
  multiply,
  negate,
  reshape,
  sigmoid,
  split,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import { type AtPoint, bracketedRoot, nearRoot } from './bracketedRoot.ts';

/** The numbers of mixtures of K logistic distributions. Their components lie along one axis, which has length K. */
export interface MixtureNumbers {
  /** The logarithms of the weights, up to a sum. */
  readonly logits: Tensor;
  /** The means. */
  readonly means: Tensor;
  /** The logarithms of the scales. */
  readonly logScales: Tensor;
  /** The axis of the components. */
  readonly axis: number;
}

/** The logit of the distribution function F of mixtures. */
interface LogitOfMixture {
  /** ln F(x) − ln(1 − F(x)), and the logarithm of its derivative; `x` has length 1 along the axis of the components. */
  forward(x: Tensor): { logit: Tensor; logDerivative: Tensor };
  /** The x with this logit, to the last digits of the precision. */
  inverse(logit: Tensor): Tensor;
}

/** Far beyond any value in a flow; its products with what follows do not overflow in float32. */
const LARGEST = 1e15;

/** A lower bound on 1 − F where it is less than ½, and so of no consequence. */
const LEAST_SHARE = 1e-30;

/** A bound on exponents whose exponential is finite and above 0 in float32. */
const LARGEST_EXPONENT = 80;

/** The logit of the distribution function of mixtures. */
export function logitOfMixture({ logits, means, logScales, axis }: MixtureNumbers): LogitOfMixture {
  const along = (x: Tensor): Tensor =>
    reshape(
      sum(x, [axis]),
      x.shape.map((length, index) => (index === axis ? 1 : length)),
    );
  const components = (x: Tensor): Tensor[] => split(x, axis, Array(x.shape[axis]!).fill(1));
  /**
   * The exponentials of numbers relative to the largest one, which is `top`, and the logarithm of their sum. Nothing below depends
   * on `top` in total, so it needs no gradient.
   */
  const scaledExponentials = (x: Tensor) => {
    const top = detach(components(x).reduce(maximum));
    const above = subtract(x, top);
    return { top, above, logSum: log(along(exp(above))) };
  };
  const { above, logSum: logTotal } = scaledExponentials(logits);
  const logWeights = subtract(above, logTotal);
  const weights = exp(logWeights);
  const rates = exp(negate(logScales));
  const standard = (x: Tensor, centres: Tensor): Tensor => multiply(subtract(x, centres), rates);

  /**
   * For standardised values z where F(z) ≤ ½: ln F, 1 − F, and ln(F'/F). With the shares of the components in F, which
   * remain when F itself underflows, no difference of large numbers is taken.
   */
  const lowerHalf = (z: Tensor) => {
    const { top, above: shares, logSum } = scaledExponentials(add(logWeights, logSigmoid(z)));
    const densities = scaledExponentials(add(subtract(shares, logScales), logSigmoid(negate(z))));
    return {
      logBelow: add(top, logSum),
      aboveShare: along(multiply(weights, sigmoid(negate(z)))),
      logRate: subtract(add(densities.top, densities.logSum), logSum),
    };
  };
  /**
   * `lowerHalf` by sums of the shares and densities themselves, which takes a third of the time; inexact where they underflow.
   */
  const approximateAt = (z: Tensor, targetLogit: Tensor): AtPoint => {
    const odds = exp(negate(clip(z, LARGEST_EXPONENT)));
    const below = divide(weights, add(odds, 1));
    const above = multiply(below, odds);
    const [belowShare, aboveShare] = [below, above].map((part) => maximum(along(part), LEAST_SHARE));
    const density = maximum(along(multiply(divide(above, add(odds, 1)), rates)), LEAST_SHARE);
    const [logBelow, logAbove] = [belowShare!, aboveShare!].map(log) as [Tensor, Tensor];
    return {
      value: subtract(subtract(logBelow, logAbove), targetLogit),
      logDerivative: subtract(log(density), add(logBelow, logAbove)),
    };
  };
  return {
    forward(x) {
      const z = standard(x, means);
      // The upper half is the lower half of the mirrored mixture.
      const side = subtract(1, multiply(greater(along(multiply(weights, sigmoid(z))), 0.5), 2));
      const { logBelow, aboveShare, logRate } = lowerHalf(multiply(z, side));
      const logAbove = log(aboveShare);
      return {
        logit: multiply(side, subtract(logBelow, logAbove)),
        logDerivative: subtract(logRate, logAbove),
      };
    },
    inverse(logit) {
      const clippedLogit = clip(logit, LARGEST);
      const side = subtract(1, multiply(greater(clippedLogit, 0), 2));
      const targetLogit = multiply(clippedLogit, side);
      const centres = multiply(means, side);
      // The components' quantiles bracket the mixture's quantile.
      const quantiles = components(clip(add(centres, multiply(exp(logScales), targetLogit)), LARGEST));
      const bracket = {
        low: negate(quantiles.map(negate).reduce((highest, quantile) => maximum(highest, quantile))),
        high: quantiles.reduce((highest, quantile) => maximum(highest, quantile)),
        axis,
        size: subtract(1, targetLogit),
      };
      const start = nearRoot(bracket, (x) => approximateAt(standard(x, centres), targetLogit));
      const root = bracketedRoot({ ...bracket, start }, (x) => {
        const { logBelow, aboveShare, logRate } = lowerHalf(standard(x, centres));
        const logAbove = log(maximum(aboveShare, LEAST_SHARE));
        return {
          value: subtract(subtract(logBelow, logAbove), targetLogit),
          logDerivative: subtract(logRate, logAbove),
        };
      });
      return multiply(side, root);
    },
  };
}
