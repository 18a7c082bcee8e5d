// Rounding down: for outputs of a program, so it has no gradient.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const floorOperation: Operation<undefined> = {
  name: 'floor',
  shape: ([x]) => x!,
  nodes: (emit, _, [x]) => emit.node('Floor', [x!]),
};

/** The largest integer not greater than x; has no gradient. */
export function floor(x: Tensor): Tensor {
  return apply(floorOperation, [x], undefined) as Tensor;
}
