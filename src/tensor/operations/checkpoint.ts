// The order in which a graph is computed, where it matters: places for a gradient to wait at, and the waiting.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const checkpointOperation: Operation<undefined> = {
  name: 'checkpoint',
  shape: ([x]) => x!,
  gradient: (_, g) => [g],
  lower: (_emit, _node, [x]) => x!,
};

/** `x` itself, marked as a place where a gradient waits for those of the weights behind it; costs nothing. */
export function checkpoint(x: Tensor): Tensor {
  return apply(checkpointOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is a checkpoint. */
export function isCheckpoint(x: Tensor): boolean {
  return x.operation === (checkpointOperation as Operation<unknown>);
}

const afterOperation: Operation<undefined> = {
  name: 'after',
  shape: ([x]) => x!,
  lower: (emit, { rank }, [x, ...others]) => {
    if (!emit.waits) {
      return x!;
    }
    const sizes = others.map((other) => emit.node('Size', [other]));
    const size = sizes.length > 1 ? emit.node('Max', sizes) : sizes[0]!;
    // A length of 0 stands for that of x: the reshape changes nothing, but cannot run before the others are there.
    const zeros = emit.node('Mul', [size, emit.integers(Array<number>(rank).fill(0))]);
    return emit.node('Reshape', [x!, zeros]);
  },
};

/** `x` itself, but not before each of `others` has been computed: the runtime keeps to no order of its own accord. */
export function after(x: Tensor, others: readonly Tensor[]): Tensor {
  return others.length === 0 ? x : (apply(afterOperation, [x, ...others], undefined) as Tensor);
}

/** Whether a tensor is one that waits. */
export function isAfter(x: Tensor): boolean {
  return x.operation === (afterOperation as Operation<unknown>);
}
