// What a graph says of the order in which it is computed, and of what is kept meanwhile.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const checkpointOperation = markOperation('checkpoint');
const rememberOperation = markOperation('remember');

/** An operation that changes nothing and costs nothing. */
function markOperation(name: string): Operation<undefined> {
  return { name, shape: ([x]) => x!, gradient: (_, g) => [g], lower: (_emit, _node, [x]) => x! };
}

/** `x` itself, marked as a place where a gradient waits for those of the weights behind it. */
export function checkpoint(x: Tensor): Tensor {
  return apply(checkpointOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is a checkpoint. */
export function isCheckpoint(x: Tensor): boolean {
  return x.operation === (checkpointOperation as Operation<unknown>);
}

/** `x` itself, marked as small for what it costs: worth keeping where other activations are computed again. */
export function remember(x: Tensor): Tensor {
  return apply(rememberOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is one to remember. */
export function isRemembered(x: Tensor): boolean {
  return x.operation === (rememberOperation as Operation<unknown>);
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

/** What a tensor is the same as that was only marked, or made to wait; undefined for any other. */
export function markedSource(x: Tensor): Tensor | undefined {
  const operations = [checkpointOperation, rememberOperation, afterOperation] as Operation<unknown>[];
  return operations.includes(x.operation) ? x.inputs[0] : undefined;
}
