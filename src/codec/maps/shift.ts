// A bias per channel.
import { requireInRange, toFixed } from '../stack/fixedPoint.ts';
import type { IntegerMap } from './integerMap.ts';

/** Adds biases, rounded to activations. */
export function shiftMap(biases: Float64Array): IntegerMap {
  const fixed = biases.map(toFixed);
  const add = (values: Float64Array, sign: 1 | -1): void => {
    for (let index = 0, channel = 0; index < values.length; index++) {
      values[index]! += sign * fixed[channel]!;
      channel = channel + 1 === fixed.length ? 0 : channel + 1;
    }
    requireInRange(values);
  };
  return { forward: (values) => add(values, 1), inverse: (values) => add(values, -1) };
}
