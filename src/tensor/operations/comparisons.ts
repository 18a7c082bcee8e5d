// Comparisons, which are 1 where they hold and 0 elsewhere, and choices between values.
import { scalar } from '../emitter.ts';
import { apply, type Nodes, type Operation, type Tensor } from '../tensor.ts';
import { asTensor, binary, broadcasting, multiply, type Operand, toOperands } from './elementwise.ts';

/** A comparison by an ONNX operator, whose result is a truth value: WebGPU does not cast those to numbers. */
const comparison =
  (type: string): Nodes =>
  (emit, _, inputs) =>
    emit.node('Where', [emit.node(type, inputs), scalar(emit, 1), scalar(emit, 0)]);

/** 1 where a > b, else 0; its gradient is 0. */
export const greater = binary({
  name: 'greater',
  onnx: comparison('Greater'),
  evaluate: (a, b) => (a > b ? 1 : 0),
});

/** 1 where a < b, else 0; its gradient is 0. */
export function less(a: Operand, b: Operand): Tensor {
  return greater(b, a);
}

/** 1 where a = b, else 0; its gradient is 0. */
export const equal = binary({
  name: 'equal',
  onnx: comparison('Equal'),
  evaluate: (a, b) => (a === b ? 1 : 0),
});

const whereOperation: Operation<undefined> = {
  name: 'where',
  shape: broadcasting,
  evaluate: (condition, a, b) => (condition === 0 ? b! : a!),
  gradient: (node, g) => {
    const [condition] = node.inputs as [Tensor];
    return toOperands(node, [undefined, where(condition, g, 0), where(condition, 0, g)]);
  },
  nodes: (emit, _, [condition, a, b]) =>
    emit.node('Where', [emit.node('Equal', [condition!, scalar(emit, 0)]), b!, a!]),
};

/**
 * `b` where the condition is 0, `a` elsewhere: neither its values nor its gradients mix them, so that what is not chosen
 * may be infinite or not a number. The condition has no gradient.
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply(whereOperation, [condition, asTensor(a), asTensor(b)], undefined) as Tensor;
}

/** The larger of a and b; where they are equal, each gets half of the gradient. */
export const maximum = binary({
  name: 'maximum',
  onnx: 'Max',
  evaluate: Math.max,
  gradient(g, a, b) {
    const half = multiply(equal(a, b), 0.5);
    const [shareA, shareB] = [where(greater(a, b), 1, half), where(greater(b, a), 1, half)];
    return [multiply(g, shareA), multiply(g, shareB)];
  },
});

const clipOperation: Operation<number> = {
  name: 'clip',
  shape: ([x], limit) => (limit >= 0 ? x! : { problem: `the limit must be at least 0, not ${limit}` }),
  gradient: (node, g) => [where(equal(node.inputs[0]!, node as Tensor), g, 0)],
  nodes: (emit, { attributes: limit }, [x]) =>
    emit.node('Clip', [x!, scalar(emit, -limit), scalar(emit, limit)]),
};

/** x clamped to [−limit, limit]; its gradient is 0 outside. */
export function clip(x: Tensor, limit: number): Tensor {
  return apply(clipOperation, [x], limit) as Tensor;
}
