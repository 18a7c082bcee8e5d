// Fixed-point iteration: the one operation with an inner graph.
import {
  apply,
  input,
  type Operation,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
  topologicalOrder,
} from '../tensor.ts';

/** The body of a fixed-point iteration. */
export interface Body {
  /** The placeholder in `result` for the current value. */
  readonly state: Tensor;
  /** The next value. */
  readonly result: Tensor;
  /** The tensors from outside that `result` uses, in the order of the operation's inputs after the first. */
  readonly captured: readonly Tensor[];
  /** The maximum number of iterations. */
  readonly limit: number;
}

/** The operation of `fixedPoint`. */
export const fixedPointOperation: Operation<Body> = {
  name: 'fixedPoint',
  shape: ([start], { result }) =>
    sameShape(start!, result.shape) ? start! : { problem: `an iteration returns ${showShape(result.shape)}` },
};

/**
 * The x with x = step(x), found by iterating x ← step(x) from `start` until an iteration changes nothing, or
 * `limit` iterations are done. It has no gradient.
 *
 * What `step` uses other than its argument is computed once, outside the loop.
 */
export function fixedPoint(start: Tensor, limit: number, step: (x: Tensor) => Tensor): Tensor {
  const state = input('state', start.shape);
  const result = step(state);
  const inside = new Set<Tensor>();
  const captured = new Set<Tensor>();
  // Nothing older than the state depends on it: searching that would take time that grows with the graph outside.
  for (const node of topologicalOrder([result], ({ id }) => id < state.id)) {
    if (node === state || node.inputs.some((tensor) => inside.has(tensor))) {
      inside.add(node);
    }
  }
  if (!inside.has(result)) {
    throw new ShapeError('fixedPoint', [start.shape], 'the step does not depend on its argument');
  }
  for (const node of inside) {
    for (const tensor of node.inputs) {
      if (!inside.has(tensor)) {
        captured.add(tensor);
      }
    }
  }
  const body: Body = { state, result, captured: [...captured], limit };
  return apply(fixedPointOperation, [start, ...captured], body) as Tensor;
}
