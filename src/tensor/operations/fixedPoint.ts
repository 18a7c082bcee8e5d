// Repetition until nothing changes: the one operation with a graph of its own inside.
import { sameShape, showShape } from '../shape.ts';
import { apply, input, type Operation, ShapeError, type Tensor } from '../tensor.ts';
import { topologicalOrder } from '../traversal.ts';

/** What a fixed point repeats. */
export interface Body {
  /** Stands for the value of one repetition in `result`. */
  readonly state: Tensor;
  /** What becomes of it. */
  readonly result: Tensor;
  /** The tensors from outside that `result` uses, in the order of the operation's inputs after the first. */
  readonly captured: readonly Tensor[];
  /** The most repetitions. */
  readonly limit: number;
}

/** The operation of `fixedPoint`. */
export const fixedPointOperation: Operation<Body> = {
  name: 'fixedPoint',
  shape: ([start], { result }) =>
    sameShape(start!, result.shape) ? start! : { problem: `a repetition gives ${showShape(result.shape)}` },
};

/**
 * The x with x = step(x), found by x ← step(x) from `start` on until a repetition changes nothing, or `limit` are
 * done. It has no gradient.
 *
 * What `step` uses besides its argument is worked out once, outside.
 */
export function fixedPoint(start: Tensor, limit: number, step: (x: Tensor) => Tensor): Tensor {
  const state = input('state', start.shape);
  const result = step(state);
  const inside = new Set<Tensor>();
  const captured = new Set<Tensor>();
  for (const node of topologicalOrder([result])) {
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
