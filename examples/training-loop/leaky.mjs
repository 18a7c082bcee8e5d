// A layer with a mixing that uses it. It is a module of its own because the workers that compute gradients import it, too.
import { define, filledParameter, layers } from 'emerging-flows/flows';
import { operations } from 'emerging-flows/tensor';

const { add, divide, exp, multiply, relu, step, subtract, sum, sumPerImage } = operations;

/** Scales negative values by a learned slope eᵃ for each channel, and keeps the others; ln|det| = Σ a over negative values. */
export function leaky(shape) {
  // 1 where a value is negative; its sign does not change, so the inverse can use the same. step takes values of 0 or more.
  const negative = (values) => subtract(1, step(relu(values)));
  const slope = (values, a) => {
    const mask = negative(values);
    return add(multiply(mask, exp(a)), subtract(1, mask));
  };
  return {
    name: 'leaky',
    inputShape: shape,
    outputShape: shape,
    parameters: { logSlope: filledParameter([shape[2]], 0) },
    forward(x, p) {
      const a = p.get('logSlope');
      const logSlopes = multiply(negative(x), a);
      return {
        y: multiply(x, slope(x, a)),
        logDet: sumPerImage(logSlopes),
        logDetMap: sum(logSlopes, [3]),
      };
    },
    inverse(y, p) {
      return divide(y, slope(y, p.get('logSlope')));
    },
  };
}

export const leakyMixing = define.mixing({
  name: 'leaky',
  summary: 'A 1x1 convolution, then slopes of negative values.',
  module: import.meta.url,
  build: (shape) => ({ conv1x1: layers.conv1x1(shape), leaky: leaky(shape) }),
});
