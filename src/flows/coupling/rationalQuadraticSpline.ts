// Monotonic rational-quadratic splines, one for each value.

import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  detach,
  divide,
  exp,
  greater,
  log,
  logSigmoid,
  maximum,
  multiply,
  negate,
  product,
  relu,
  split,
  sqrt,
  subtract,
  sum,
  where,
} from '../../tensor/operations/index.ts';

/** The smallest share of a bin in the interval, and the smallest derivative. */
const LEAST = 0.001;

/** The most bins: their smallest shares are then about half of the interval. */
export const MOST_BINS = 512;

/** The form of splines. */
interface SplineForm {
  /** The number of bins K. */
  readonly bins: number;
  /** The spline is on [−bound, bound]; outside it is the identity. */
  readonly bound: number;
}

/** The numbers that a spline is made of: K widths, K heights and K − 1 derivatives inside. */
export function numbersPerSpline({ bins }: SplineForm): number {
  return 3 * bins - 1;
}

/** Splines, one for each of M values. */
interface Splines {
  /** y and ln y' at x, all `[M]`. */
  forward(x: Tensor): { y: Tensor; logDerivative: Tensor };
  /** x at y, `[M]`. */
  inverse(y: Tensor): Tensor;
}

/**
 * The splines that columns of numbers `[3K − 1, M]` describe (what is computed for all values is then side by side in
 * memory): with v the numbers of widths or heights, bins
 * 2·bound·(0.001 + (1 − 0.001·K)·softmax v); derivatives 0.001 + softplus(v + ln(e^0.999 − 1)), and 1 at both ends. So
 * zeros are the identity. Source: Durkan and others, Neural Spline Flows (2019), formulas 4 to 8.
 */
export function createSplines(numbers: Tensor, form: SplineForm): Splines {
  const { bins, bound } = form;
  const [widths, heights, slopes] = split(numbers, 0, [bins, bins, bins - 1]);
  const [x, y] = [widths, heights].map((part) => createAxis(part, form)) as [Axis, Axis];
  // softplus v = −ln sigmoid(−v).
  const inner = subtract(LEAST, logSigmoid(negate(add(slopes, Math.log(Math.expm1(1 - LEAST))))));
  // Ones, as many as there are splines.
  const ends = add(multiply(split(widths, 0, [1, bins - 1])[0], 0), 1);
  const leftSlopes = concatenate([ends, inner], 0);
  const right = concatenate([inner, ends], 0);

  /** What holds for the bin of each value, `[M]`, with the values outside replaced by 0. */
  const locate = (value: Tensor, axis: Axis) => {
    const inside = multiply(greater(value, -bound), greater(bound, value));
    const within = multiply(value, inside);
    const bin = locateBin(within, axis);
    const pick = (perBin: Tensor): Tensor => sum(multiply(perBin, bin), [0]);
    const [width, height] = [pick(x.lengths), pick(y.lengths)];
    const slope = divide(height, width);
    const [first, last] = [pick(leftSlopes), pick(right)];
    const bend = subtract(add(first, last), multiply(slope, 2));
    return { inside, within, x: pick(x.starts), y: pick(y.starts), width, height, slope, first, last, bend };
  };

  return {
    forward(value) {
      const bin = locate(value, x);
      const { inside, slope, first, last, bend } = bin;
      const share = divide(subtract(bin.within, bin.x), bin.width);
      const remainder = subtract(1, share);
      const shareProduct = multiply(share, remainder);
      const below = add(slope, multiply(bend, shareProduct));
      const above = add(multiply(slope, multiply(share, share)), multiply(first, shareProduct));
      const derivative = add(
        add(multiply(last, multiply(share, share)), multiply(multiply(slope, 2), shareProduct)),
        multiply(first, multiply(remainder, remainder)),
      );
      const logDerivative = subtract(add(multiply(log(slope), 2), log(derivative)), multiply(log(below), 2));
      return {
        y: where(inside, add(bin.y, divide(multiply(bin.height, above), below)), value),
        logDerivative: multiply(inside, logDerivative),
      };
    },
    inverse(value) {
      const bin = locate(value, y);
      const { slope, first, bend, height } = bin;
      const above = subtract(bin.within, bin.y);
      const bent = multiply(above, bend);
      const a = add(multiply(height, subtract(slope, first)), bent);
      const b = subtract(multiply(height, first), bent);
      const c = negate(multiply(slope, above));
      // The root between 0 and 1, in the form without cancellation.
      const root = sqrt(relu(subtract(multiply(b, b), multiply(multiply(a, c), 4))));
      const share = divide(multiply(c, 2), negate(add(b, root)));
      return where(bin.inside, add(bin.x, multiply(share, bin.width)), value);
    },
  };
}

/** The bins along an axis, `[K, M]`: where they start, and how long they are. */
interface Axis {
  readonly starts: Tensor;
  readonly lengths: Tensor;
}

function createAxis(numbers: Tensor, { bins, bound }: SplineForm): Axis {
  const shares = add(multiply(softmax(numbers), 1 - LEAST * bins), LEAST);
  const lengths = multiply(shares, 2 * bound);
  // Bin k starts after those before it.
  const before = Float64Array.from({ length: bins ** 2 }, (_, index) =>
    index % bins < Math.floor(index / bins) ? 1 : 0,
  );
  const ends = product(constant({ shape: [bins, bins], data: before }), lengths);
  return { starts: subtract(ends, bound), lengths };
}

/** Of each column of `[K, M]`, eᵛ/Σ eᵛ. */
function softmax(columns: Tensor): Tensor {
  const rows = split(columns, 0, Array(columns.shape[0]!).fill(1));
  // The result does not depend on the largest number.
  const powers = exp(subtract(columns, detach(rows.reduce(maximum))));
  return divide(powers, sum(powers, [0]));
}

/** 1 for the bin of each value, 0 for the others: `[K, M]`. */
function locateBin(values: Tensor, { starts }: Axis): Tensor {
  const bins = starts.shape[0]!;
  const [first, later] = split(starts, 0, [1, bins - 1]);
  const reached = greater(values, later);
  const none = multiply(first, 0);
  return subtract(concatenate([add(none, 1), reached], 0), concatenate([reached, none], 0));
}
