// What a graph says of the order in which it is computed, and of what is kept meanwhile.
import { apply, isMadeBy, type Operation, type Tensor } from '../tensor.ts';

const checkpointOperation = markOperation('checkpoint');
const rememberOperation = markOperation('remember');

/** An operation that changes nothing and costs nothing. */
function markOperation(name: string): Operation<undefined> {
  return { name, shape: ([x]) => x!, gradient: (_, g) => [g] };
}

/** `x` itself, marked as a place where a gradient waits for those of the weights behind it. */
export function checkpoint(x: Tensor): Tensor {
  return apply(checkpointOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is a checkpoint. */
export function isCheckpoint(x: Tensor): boolean {
  return isMadeBy(checkpointOperation, x);
}

/** `x` itself, marked as small for what it costs: worth keeping where other activations are computed again. */
export function remember(x: Tensor): Tensor {
  return apply(rememberOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is one to remember. */
export function isRemembered(x: Tensor): boolean {
  return isMadeBy(rememberOperation, x);
}

/** The operation of `after`. */
export const afterOperation: Operation<undefined> = { name: 'after', shape: ([x]) => x! };

/** `x` itself, but not before each of `others` has been computed: the runtime keeps to no order of its own accord. */
export function after(x: Tensor, others: readonly Tensor[]): Tensor {
  return others.length === 0 ? x : (apply(afterOperation, [x, ...others], undefined) as Tensor);
}

/** What a tensor is the same as that was only marked, or made to wait; undefined for any other. */
export function markedSource(x: Tensor): Tensor | undefined {
  const operations = [checkpointOperation, rememberOperation, afterOperation] as Operation<unknown>[];
  return operations.includes(x.operation) ? x.inputs[0] : undefined;
}
