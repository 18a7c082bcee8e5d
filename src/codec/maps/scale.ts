// A scale per channel.
import { fixedScale, requireInRange } from '../stack/fixedPoint.ts';
import { scaleDown, scaleUp } from '../stack/modularAffine.ts';
import type { IntegerMap } from './integerMap.ts';

/** Multiplies by the size of scales, with the modular affine map, then by their signs. */
export function scaleMap(scales: Float64Array): IntegerMap {
  const sizes = scales.map(fixedScale);
  const signs = scales.map((one) => (one < 0 ? -1 : 1));
  const channels = scales.length;
  return {
    forward(values, stack) {
      for (let index = 0; index < values.length; index++) {
        const channel = index % channels;
        values[index] = signs[channel]! * scaleUp(stack, values[index]!, sizes[channel]!);
      }
      requireInRange(values);
    },
    inverse(values, stack) {
      for (let index = values.length - 1; index >= 0; index--) {
        const channel = index % channels;
        values[index] = scaleDown(stack, signs[channel]! * values[index]!, sizes[channel]!);
      }
      requireInRange(values);
    },
  };
}
