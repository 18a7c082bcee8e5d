// Mixtures of logistic distributions, one for each value: the logit of their distribution function, and its inverse.
import {
  add,
  clip,
  concatenate,
  divide,
  exp,
  fixedPoint,
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
import type { Tensor } from '../../tensor/tensor.ts';
import { chosen, isPositive, largest } from './choices.ts';

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
export interface LogitOfMixture {
  /** ln F(x) − ln(1 − F(x)), and the logarithm of its derivative; `x` has length 1 along the axis of the components. */
  forward(x: Tensor): { logit: Tensor; logDerivative: Tensor };
  /** The x with this logit, to the last digits of the precision. */
  inverse(logit: Tensor): Tensor;
}

/** Far beyond any value in a flow; its products with what follows do not overflow in float32. */
const LARGEST = 1e15;

/** Where the derivative is smaller, bisection is used instead of Newton's method: ln. */
const LEAST_LOG_DERIVATIVE = -40;

/** A lower bound on 1 − F where it is less than ½, and so of no consequence. */
const LEAST_SHARE = 1e-30;

/**
 * How large a residual counts as rounding, in halves of the last digit. Below it Newton's method takes one more step, which
 * leaves an error of about the last digit.
 */
const ROUNDING = 8;

/** More iterations than bisection takes, from end to end; 10 to 25 are usual. */
const MOST_ITERATIONS = 200;

/** The logit of the distribution function of mixtures. */
export function logitOfMixture({ logits, means, logScales, axis }: MixtureNumbers): LogitOfMixture {
  const along = (x: Tensor): Tensor =>
    reshape(
      sum(x, [axis]),
      x.shape.map((length, index) => (index === axis ? 1 : length)),
    );
  const most = (x: Tensor): Tensor => largest(split(x, axis, Array(x.shape[axis]!).fill(1)));
  /** The exponentials of numbers over that of the largest one, which is `top`, and the logarithm of their sum. */
  const powersOf = (x: Tensor) => {
    const top = most(x);
    const above = subtract(x, top);
    const powers = exp(above);
    return { top, above, powers, logSum: log(along(powers)) };
  };
  const { above, logSum: logTotal } = powersOf(logits);
  const logWeights = subtract(above, logTotal);
  const weights = exp(logWeights);
  const rates = exp(negate(logScales));
  const standard = (x: Tensor, centres: Tensor): Tensor => multiply(subtract(x, centres), rates);

  /**
   * For standardised values z where F(z) ≤ ½: ln F, 1 − F, and ln(F'/F). With the shares of the components in F, which
   * remain when F itself underflows, no difference of large numbers is taken.
   */
  const lowerHalf = (z: Tensor) => {
    const { top, above: shares, logSum } = powersOf(add(logWeights, logSigmoid(z)));
    const densities = powersOf(add(subtract(shares, logScales), logSigmoid(negate(z))));
    return {
      logBelow: add(top, logSum),
      aboveShare: along(multiply(weights, sigmoid(negate(z)))),
      logRate: subtract(add(densities.top, densities.logSum), logSum),
    };
  };
  return {
    forward(x) {
      const z = standard(x, means);
      // The upper half is the lower half of the mirrored mixture.
      const side = subtract(1, multiply(isPositive(subtract(along(multiply(weights, sigmoid(z))), 0.5)), 2));
      const { logBelow, aboveShare, logRate } = lowerHalf(multiply(z, side));
      const logAbove = log(aboveShare);
      return {
        logit: multiply(side, subtract(logBelow, logAbove)),
        logDerivative: subtract(logRate, logAbove),
      };
    },
    inverse(logit) {
      const given = clip(logit, LARGEST);
      // Scaled up: next to 0 a condition can be between 0 and 1 in float32.
      const side = subtract(1, multiply(isPositive(multiply(given, 2 ** 64)), 2));
      const wanted = multiply(given, side);
      const centres = multiply(means, side);
      // The quantiles of the components bracket that of the mixture.
      const quantiles = clip(add(centres, multiply(exp(logScales), wanted)), LARGEST);
      const low = negate(most(negate(quantiles)));
      const high = most(quantiles);
      const start = concatenate([multiply(add(low, high), 0.5), low, high, subtract(high, low)], axis);
      const size = add(1, negate(wanted));
      const found = fixedPoint(start, MOST_ITERATIONS, (state) => {
        const [x, from, to, last] = split(state, axis, [1, 1, 1, 1]) as [Tensor, Tensor, Tensor, Tensor];
        const { logBelow, aboveShare, logRate } = lowerHalf(standard(x, centres));
        const logAbove = log(maximum(aboveShare, LEAST_SHARE));
        const logDerivative = maximum(subtract(logRate, logAbove), LEAST_LOG_DERIVATIVE);
        const residual = subtract(subtract(logBelow, logAbove), wanted);
        const isTooHigh = isPositive(residual);
        const [lower, upper] = [chosen(isTooHigh, from, x), chosen(isTooHigh, x, to)];
        const step = multiply(residual, exp(negate(logDerivative)));
        const next = subtract(x, step);
        const length = maximum(step, negate(step));
        // A step of Newton's method must stay in the bracket, and be at most half as long as the last one.
        const isOutside = add(
          add(isPositive(subtract(lower, next)), isPositive(subtract(next, upper))),
          isPositive(subtract(length, multiply(last, 0.5))),
        );
        const bisects = isPositive(isOutside);
        const half = multiply(subtract(upper, lower), 0.5);
        const tried = chosen(bisects, add(lower, half), next);
        // What is lost when it is added to the numbers that the residual is a difference of is rounding.
        const scale = add(size, multiply(maximum(x, negate(x)), exp(logDerivative)));
        const whole = add(scale, divide(maximum(residual, negate(residual)), ROUNDING));
        const isOpen = isPositive(subtract(whole, scale));
        const settled = maximum(lower, negate(maximum(negate(next), negate(upper))));
        return concatenate(
          [
            chosen(isOpen, tried, settled),
            chosen(isOpen, lower, settled),
            chosen(isOpen, upper, settled),
            multiply(isOpen, chosen(bisects, half, length)),
          ],
          axis,
        );
      });
      return multiply(side, split(found, axis, [1, 3])[0]!);
    },
  };
}
