// Random parameters that restrict the networks and kernels of a flow to the pixel itself.

import { countElements, type NdArray } from '../core/numeric/ndarray.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import type { ParameterSpecs } from '../flows/contract/parameters.ts';

/** Random values for all parameters; of kernels with an odd side, only the centre tap is not zero. */
export function localParameters(specs: ParameterSpecs): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(randomParameters(specs)).map(([path, { shape, data }]) => {
      const centre = (countElements(shape.slice(0, 2)) - 1) / 2;
      const perTap = countElements(shape.slice(2));
      const isKernel = shape.length === 4;
      const local = Float64Array.from(data, (value, index) =>
        isKernel && Math.floor(index / perTap) !== centre ? 0 : value,
      );
      return [path, { shape, data: local }];
    }),
  );
}
