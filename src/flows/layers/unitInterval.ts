// An elementwise bijection onto the inside of the unit interval.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import {
  add,
  divide,
  exp,
  log,
  logSigmoid,
  multiply,
  negate,
  sigmoid,
  subtract,
  sum,
  sumPerImage,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { filledParameter } from '../contract/parameters.ts';

/**
 * Maps every value to (margin, 1 − margin): z = (x + bias)·e^(3·logScale) per channel, and
 * y = margin + (1 − 2·margin)·sigmoid(z).
 *
 * ln|det| = Σ ln sigmoid(z) + ln sigmoid(−z) + 3·logScale + ln(1 − 2·margin): finite for every z, also where the sigmoid
 * rounds to 0 or 1. There y rounds to an end of the interval, which the margin keeps away from 0 and 1.
 *
 * @param scale e^(3·logScale) at the start; bias starts at 0
 * @param margin from 0 to below ½
 * @throws if the margin is out of range
 */
export function unitInterval(
  shape: ImageShape,
  { scale, margin }: { scale: number; margin: number },
): Bijection {
  const [height, width, channels] = shape;
  if (!(margin >= 0 && margin < 0.5)) {
    throw new UserError(
      'invalid-argument',
      `unitInterval: margin must be at least 0 and below 0.5, not ${margin}`,
    );
  }
  return {
    name: 'unit interval',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      bias: filledParameter([channels], 0),
      logScale: filledParameter([channels], Math.log(scale) / 3),
    },
    forward(x, p) {
      const logScale = multiply(p.get('logScale'), 3);
      const z = multiply(add(x, p.get('bias')), exp(logScale));
      // Both are the logarithm of the sigmoid's slope.
      const logSlope = add(logSigmoid(z), logSigmoid(negate(z)));
      const linear = add(sum(logScale), channels * Math.log1p(-2 * margin));
      return {
        y: add(multiply(sigmoid(z), 1 - 2 * margin), margin),
        logDet: add(sumPerImage(logSlope), multiply(linear, height * width)),
        logDetMap: add(sum(logSlope, [3]), linear),
      };
    },
    inverse(y, p) {
      const share = divide(subtract(y, margin), 1 - 2 * margin);
      const z = subtract(log(share), log(subtract(1, share)));
      return subtract(multiply(z, exp(multiply(p.get('logScale'), -3))), p.get('bias'));
    },
  };
}
