// The roots of increasing functions: Newton's method inside a bracket, else bisection, for every value by itself.

import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  divide,
  exp,
  fixedPoint,
  greater,
  maximum,
  multiply,
  negate,
  split,
  subtract,
  where,
} from '../../tensor/operations/index.ts';

/** An increasing function at x. */
export interface AtPoint {
  /** Its value. */
  readonly value: Tensor;
  /** The logarithm of its derivative. */
  readonly logDerivative: Tensor;
}

/** Where roots are sought. */
interface Bracket {
  /** Below the root, of length 1 along `axis`. */
  readonly low: Tensor;
  /** Above the root, of the same shape. */
  readonly high: Tensor;
  /** The axis along which the state of the iteration lies side by side. */
  readonly axis: number;
  /** The magnitude, at least 1, of the terms that cancel at a root: sets the tolerance for rounding. */
  readonly size: Tensor;
  /** Where to start, inside the bracket; default: its middle. */
  readonly start?: Tensor;
}

/** Where the derivative is smaller, bisection is used instead of Newton's method: ln. */
const LEAST_LOG_DERIVATIVE = -40;

/**
 * How large a value is treated as rounding, in halves of the last digit of its size. Below it Newton's method takes one more
 * step, which leaves an error of about the last digit.
 */
const ROUNDING = 8;

/** More iterations than bisection takes, from end to end; 10 to 25 are usual. */
const MOST_ITERATIONS = 200;

/** Steps towards a root without the care of the iteration: most values are near it then. */
const ROUGH_STEPS = 4;

/**
 * The roots of increasing functions, to the last digits of the precision. A root outside its bracket, by rounding, is the
 * end next to it.
 */
export function bracketedRoot(
  { low, high, axis, size, start }: Bracket,
  evaluateAt: (x: Tensor) => AtPoint,
): Tensor {
  const begin = concatenate([start ?? midpoint(low, high), low, high, subtract(high, low)], axis);
  const finalState = fixedPoint(begin, MOST_ITERATIONS, (state) => {
    const [x, from, to, last] = split(state, axis, [1, 1, 1, 1]);
    const { value, ...point } = evaluateAt(x);
    const logDerivative = maximum(point.logDerivative, LEAST_LOG_DERIVATIVE);
    const isTooHigh = greater(value, 0);
    const [lower, upper] = [where(isTooHigh, from, x), where(isTooHigh, x, to)];
    const step = multiply(value, exp(negate(logDerivative)));
    const next = subtract(x, step);
    // A step of Newton's method must stay in the bracket, and be at most half as long as the last one.
    const bisects = add(
      add(greater(lower, next), greater(next, upper)),
      greater(magnitude(step), multiply(last, 0.5)),
    );
    const half = multiply(subtract(upper, lower), 0.5);
    const tried = where(bisects, add(lower, half), next);
    // A value is rounding if nothing is left of it when it is added to its size: true in any precision.
    const scale = add(size, multiply(magnitude(x), exp(logDerivative)));
    const isOpen = greater(add(scale, divide(magnitude(value), ROUNDING)), scale);
    const settled = maximum(lower, smaller(next, upper));
    return concatenate(
      [
        where(isOpen, tried, settled),
        where(isOpen, lower, settled),
        where(isOpen, upper, settled),
        multiply(isOpen, where(bisects, half, magnitude(step))),
      ],
      axis,
    );
  });
  return split(finalState, axis, [1, 3])[0];
}

/** Points in brackets that are near most of their roots, for `bracketedRoot` to start at: some steps of Newton's method. */
export function nearRoot({ low, high }: Bracket, evaluateAt: (x: Tensor) => AtPoint): Tensor {
  let x = midpoint(low, high);
  for (let step = 0; step < ROUGH_STEPS; step++) {
    const { value, logDerivative } = evaluateAt(x);
    const next = subtract(x, multiply(value, exp(negate(maximum(logDerivative, LEAST_LOG_DERIVATIVE)))));
    x = maximum(low, smaller(next, high));
  }
  return x;
}

function midpoint(low: Tensor, high: Tensor): Tensor {
  return add(multiply(low, 0.5), multiply(high, 0.5));
}

/** |x|, without the gradient that nothing needs here. */
function magnitude(x: Tensor): Tensor {
  return maximum(x, negate(x));
}

function smaller(a: Tensor, b: Tensor): Tensor {
  return negate(maximum(negate(a), negate(b)));
}
