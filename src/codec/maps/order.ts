// Values in another order: squeezes, and permutations of channels.
import type { IntegerMap } from './integerMap.ts';

/** y[i] = x[from[i]] in every image. */
export function orderMap(from: ArrayLike<number>): IntegerMap {
  const size = from.length;
  const before = new Float64Array(size);
  return {
    forward(values) {
      for (let first = 0; first < values.length; first += size) {
        before.set(values.subarray(first, first + size));
        for (let index = 0; index < size; index++) {
          values[first + index] = before[from[index]!]!;
        }
      }
    },
    inverse(values) {
      for (let first = 0; first < values.length; first += size) {
        before.set(values.subarray(first, first + size));
        for (let index = 0; index < size; index++) {
          values[first + from[index]!] = before[index]!;
        }
      }
    },
  };
}
