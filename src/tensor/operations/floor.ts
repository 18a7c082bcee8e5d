// Rounding down: for what comes out of a program, so without a gradient.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const floorOperation: Operation<undefined> = {
  name: 'floor',
  shape: ([x]) => x!,
};

/** The largest whole number that is not greater than x; has no gradient. */
export function floor(x: Tensor): Tensor {
  return apply(floorOperation, [x], undefined) as Tensor;
}
