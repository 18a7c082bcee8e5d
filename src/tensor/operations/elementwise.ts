// Elementwise operations with broadcasting: how they are defined, arithmetic, comparisons and choices.
import {
  apply,
  broadcastShapes,
  constant,
  type Nodes,
  type Operation,
  sameShape,
  scalar,
  type Tensor,
} from '../tensor.ts';
import { sumTo } from './broadcast.ts';

/** The other operand of a sum, product, …: a tensor, or a number for a constant. */
export type Operand = Tensor | number;

/** A function of tensors, and its operation. */
export type Applied<F> = F & {
  /** The operation that it applies. */
  readonly operation: Operation<undefined>;
};

/** The definition of an elementwise function. */
interface Elementwise<Value extends (...numbers: number[]) => number, Gradient> {
  readonly name: string;
  /** The ONNX operator that computes it, or its nodes. */
  readonly onnx: string | Nodes<undefined>;
  /**
   * The value in float64: folds constants, and marks the operation as elementwise for all passes over graphs. Every engine
   * must compute the same, because compressed files depend on it.
   */
  readonly evaluate: Value;
  /** The gradients with respect to the operands, before they are summed to their shapes; by default 0 everywhere. */
  readonly gradient?: Gradient;
}

/** The nodes of an ONNX operator without attributes. */
function onnxOperator(type: string): Nodes<unknown> {
  return (emit, _, inputs) => emit.node(type, inputs);
}

/** Defines a function of one number. */
export function unary({
  name,
  onnx,
  evaluate,
  gradient,
}: Elementwise<(x: number) => number, (g: Tensor, y: Tensor, x: Tensor) => Tensor>): Applied<
  (x: Tensor) => Tensor
> {
  const operation: Operation<undefined> = {
    name,
    shape: ([x]) => x!,
    gradient: (node, g) => [gradient?.(g, node as Tensor, node.inputs[0]!)],
    evaluate,
    nodes: typeof onnx === 'string' ? onnxOperator(onnx) : onnx,
  };
  return Object.assign((x: Tensor) => apply(operation, [x], undefined) as Tensor, { operation });
}

/** Defines a function of two numbers. */
function binary({
  name,
  onnx,
  evaluate,
  gradient,
}: Elementwise<
  (a: number, b: number) => number,
  (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor]
>): Applied<(a: Operand, b: Operand) => Tensor> {
  const operation: Operation<undefined> = {
    name,
    shape: broadcasting,
    gradient: (node, g) => {
      const [a, b] = node.inputs as [Tensor, Tensor];
      return toOperands(node, gradient?.(g, a, b, node as Tensor));
    },
    evaluate,
    nodes: typeof onnx === 'string' ? onnxOperator(onnx) : onnx,
  };
  return Object.assign(
    (a: Operand, b: Operand) => apply(operation, [asTensor(a), asTensor(b)], undefined) as Tensor,
    { operation },
  );
}

/** The shape that operands broadcast to. */
const broadcasting: Operation<undefined>['shape'] = ([first, ...others]) =>
  others.reduce<ReturnType<typeof broadcastShapes>>(
    (shape, otherShape) => shape && broadcastShapes(shape, otherShape),
    first!,
  ) ?? { problem: 'the shapes do not broadcast' };

/** The gradients of broadcast operands, summed to the operands' shapes. */
function toOperands(
  { inputs }: { readonly inputs: readonly Tensor[] },
  gradients: readonly (Tensor | undefined)[] = [],
): (Tensor | undefined)[] {
  return inputs.map((operand, index) => gradients[index] && sumTo(gradients[index], operand.shape));
}

/** A number as a constant, a tensor unchanged. */
function asTensor(x: Operand): Tensor {
  return typeof x === 'number' ? constant(x) : x;
}

/** a + b. */
export const add = binary({
  name: 'add',
  onnx: 'Add',
  evaluate: (a, b) => a + b,
  gradient: (g) => [g, g],
});

/** a − b. */
export const subtract = binary({
  name: 'subtract',
  onnx: 'Sub',
  evaluate: (a, b) => a - b,
  gradient: (g) => [g, negate(g)],
});

/** a·b. */
export const multiply = binary({
  name: 'multiply',
  onnx: 'Mul',
  evaluate: (a, b) => a * b,
  gradient: (g, a, b) => [multiply(g, b), multiply(g, a)],
});

/** a / b. */
export const divide = binary({
  name: 'divide',
  onnx: 'Div',
  evaluate: (a, b) => a / b,
  gradient(g, _, b, y) {
    const share = divide(g, b);
    return [share, negate(multiply(share, y))];
  },
});

/** −x. */
export const negate = unary({
  name: 'negate',
  onnx: 'Neg',
  evaluate: (x) => -x,
  gradient: (g) => negate(g),
});

/** The operation of `total`. */
export const totalOperation: Operation<undefined> = {
  name: 'total',
  shape: ([first, ...others]) =>
    others.every((shape) => sameShape(shape, first!)) ? first! : { problem: 'the shapes differ' },
  gradient: (node, g) => node.inputs.map(() => g),
};

/** The sum of tensors of one shape: for the contributions of every use of a tensor to its gradient. */
export function total(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0]! : (apply(totalOperation, parts, undefined) as Tensor);
}

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
