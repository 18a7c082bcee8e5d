// The spline transformer.
import { UserError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/index.ts';
import { reshape, transpose } from '../../tensor/operations/index.ts';
import { defineTransformer, elementwise, type TransformerFor } from './parts.ts';
import { createSplines, MOST_BINS, numbersPerSpline } from './rationalQuadraticSpline.ts';

/** The options of a spline transformer. */
export interface SplineOptions {
  /** The bins of a spline, 2 to 512; default 8. */
  readonly bins?: number;
  /** A spline is on [−bound, bound], and the identity outside; default 4. */
  readonly bound?: number;
}

/**
 * Each value goes through a monotonic rational-quadratic spline of its own; ln y' is its derivative's. The numbers are K
 * widths, K heights and K − 1 derivatives. Source: Durkan et al., Neural Spline Flows (2019).
 *
 * @throws if an option is out of range
 */
export function spline({ bins = 8, bound = 4 }: SplineOptions = {}): TransformerFor {
  if (!Number.isInteger(bins) || bins < 2 || bins > MOST_BINS) {
    throw new UserError(
      'invalid-argument',
      `spline: bins must be a whole number from 2 to ${MOST_BINS}, not ${bins}`,
    );
  }
  if (!(bound > 0 && bound < Number.POSITIVE_INFINITY)) {
    throw new UserError('invalid-argument', `spline: bound must be a number above 0, not ${bound}`);
  }
  const form = { bins, bound };
  const count = numbersPerSpline(form);
  const valuesIn = ({ shape }: Tensor): number => shape.reduce((product, length) => product * length, 1);
  const flat = (values: Tensor): Tensor => reshape(values, [valuesIn(values)]);
  const splines = (values: Tensor, numbers: Tensor) => {
    const channels = values.shape[3]!;
    const pixels = valuesIn(values) / channels;
    const columns = transpose(reshape(numbers, [pixels, count, channels]), [1, 0, 2]);
    return createSplines(reshape(columns, [count, pixels * channels]), form);
  };
  return elementwise({
    name: 'spline',
    numbers: count,
    forward(x, numbers) {
      const { y, logDerivative } = splines(x, numbers).forward(flat(x));
      return { y: reshape(y, x.shape), logDerivative: reshape(logDerivative, x.shape) };
    },
    inverse: (y, numbers) => reshape(splines(y, numbers).inverse(flat(y)), y.shape),
  });
}

/** The spline transformer as configurations choose it. */
export const splineTransformer = defineTransformer({
  name: 'spline',
  summary: 'A monotone rational quadratic spline.',
  build: () => spline(),
});
