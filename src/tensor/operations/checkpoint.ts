// Marks in a graph that control the order of computation and what is kept in memory.
import { apply, isComputedBy, type Operation, type Tensor } from '../tensor.ts';

const checkpointOperation = markOperation('checkpoint');
const rememberOperation = markOperation('remember');
const namedOperation = markOperation('named');
const detachOperation: Operation<undefined> = { ...markOperation('detach'), gradient: () => [undefined] };

/** An operation that changes nothing and costs nothing. */
function markOperation(name: string): Operation<undefined> {
  return { name, shape: ([x]) => x!, gradient: (_, g) => [g], nodes: (_emit, _node, [x]) => x! };
}

/** `x` itself, marked as a place where a gradient waits for the weight gradients behind it. */
export function checkpoint(x: Tensor): Tensor {
  return apply(checkpointOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is a checkpoint. */
export function isCheckpoint(x: Tensor): boolean {
  return isComputedBy(checkpointOperation, x);
}

/**
 * `x` itself, marked as small compared with its cost: worth keeping when other activations are recomputed.
 */
export function remember(x: Tensor): Tensor {
  return apply(rememberOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is marked by `remember`. */
export function isRemembered(x: Tensor): boolean {
  return isComputedBy(rememberOperation, x);
}

/**
 * `x` itself, marked as a tensor that a program or a gradient names: what is computed from it must not be computed
 * from its inputs instead.
 */
export function named(x: Tensor): Tensor {
  return isComputedBy(namedOperation, x) ? x : (apply(namedOperation, [x], undefined) as Tensor);
}

/** Whether a tensor is marked by `named`. */
export function isNamed(x: Tensor): boolean {
  return isComputedBy(namedOperation, x);
}

/** `x` itself, as if its values were given: no gradient reaches what it is computed from. */
export function detach(x: Tensor): Tensor {
  return apply(detachOperation, [x], undefined) as Tensor;
}

/** Whether a tensor is detached from what it is computed from. */
export function isDetached(x: Tensor): boolean {
  return isComputedBy(detachOperation, x);
}

/** The operation of `after`. */
export const afterOperation: Operation<undefined> = { name: 'after', shape: ([x]) => x! };

/**
 * `x` itself, but not before each of `others` has been computed: the runtime guarantees no order by itself.
 */
export function after(x: Tensor, others: readonly Tensor[]): Tensor {
  return others.length === 0 ? x : (apply(afterOperation, [x, ...others], undefined) as Tensor);
}

/** The source of a tensor that was only marked or made to wait; undefined for any other. */
export function markedSource(x: Tensor): Tensor | undefined {
  const operations = [
    checkpointOperation,
    rememberOperation,
    namedOperation,
    detachOperation,
    afterOperation,
  ] as Operation<unknown>[];
  return operations.includes(x.operation) ? x.inputs[0] : undefined;
}
