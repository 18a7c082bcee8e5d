// Elementwise operations, with broadcasting: arithmetic and the functions that flows need.
import {
  portableExp,
  portableExpm1,
  portableLog,
  portableLog1p,
  portableSigmoid,
} from '../../core/numeric/index.ts';
import { broadcastShapes, sameShape } from '../shape.ts';
import { apply, constant, type Operation, type Tensor } from '../tensor.ts';
import { sumTo } from './broadcast.ts';

/** The other operand of a sum, product, …: a tensor, or a number for a constant. */
export type Operand = Tensor | number;

/** A function of tensors, and its operation. */
export type Applied<F> = F & {
  /** The operation that it applies. */
  readonly operation: Operation<undefined>;
};

function unary(
  name: string,
  /**
   * The value in float64: folds constants, and marks the operation as elementwise for all passes over graphs. Every engine
   * must compute the same, because compressed files depend on it.
   */
  evaluate: (x: number) => number,
  /** Undefined if it is 0 everywhere. */
  gradient: (g: Tensor, y: Tensor, x: Tensor) => Tensor | undefined,
): Applied<(x: Tensor) => Tensor> {
  const operation: Operation<undefined> = {
    name,
    shape: ([x]) => x!,
    gradient: (node, g) => [gradient(g, node as Tensor, node.inputs[0]!)],
    evaluate,
  };
  return Object.assign((x: Tensor) => apply(operation, [x], undefined) as Tensor, { operation });
}

function binary(
  name: string,
  evaluate: (a: number, b: number) => number,
  /** The gradients before they are summed to the operands' shapes. */
  gradient?: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => [Tensor, Tensor],
): Applied<(a: Operand, b: Operand) => Tensor> {
  const operation: Operation<undefined> = {
    name,
    shape: ([a, b]) => broadcastShapes(a!, b!) ?? { problem: 'the shapes do not broadcast' },
    evaluate,
  };
  if (gradient) {
    operation.gradient = (node, g) => {
      const [a, b] = node.inputs as [Tensor, Tensor];
      const [ga, gb] = gradient(g, a, b, node as Tensor);
      return [sumTo(ga, a.shape), sumTo(gb, b.shape)];
    };
  }
  const asTensor = (x: Operand): Tensor => (typeof x === 'number' ? constant(x) : x);
  return Object.assign(
    (a: Operand, b: Operand) => apply(operation, [asTensor(a), asTensor(b)], undefined) as Tensor,
    { operation },
  );
}

/** a + b. */
export const add = binary(
  'add',
  (a, b) => a + b,
  (g) => [g, g],
);

/** a − b. */
export const subtract = binary(
  'subtract',
  (a, b) => a - b,
  (g) => [g, negate(g)],
);

/** a·b. */
export const multiply = binary(
  'multiply',
  (a, b) => a * b,
  (g, a, b) => [multiply(g, b), multiply(g, a)],
);

/** a / b. */
export const divide = binary(
  'divide',
  (a, b) => a / b,
  (g, _, b, y) => {
    const share = divide(g, b);
    return [share, negate(multiply(share, y))];
  },
);

/** The larger of a and b; has no gradient (the optimiser needs none). */
export const maximum = binary('maximum', Math.max);

/** −x. */
export const negate = unary(
  'negate',
  (x) => -x,
  (g) => negate(g),
);

/** eˣ. */
export const exp = unary('exp', portableExp, (g, y) => multiply(g, y));

/** ln x. */
export const log = unary('log', portableLog, (g, _, x) => divide(g, x));

/** ln|x|. */
export const logAbs = unary(
  'logAbs',
  (x) => portableLog(Math.abs(x)),
  (g, _, x) => divide(g, x),
);

/** x clamped to [−limit, limit]; has no gradient. */
export function clip(x: Tensor, limit: number): Tensor {
  return apply(clipOperation, [x], limit) as Tensor;
}

const clipOperation: Operation<number> = { name: 'clip', shape: ([x]) => x! };

/** √x. */
export const sqrt = unary('sqrt', Math.sqrt, (g, y) => divide(multiply(g, 0.5), y));

/** |x|, with gradient 0 at 0. */
export const abs = unary('abs', Math.abs, (g, _, x) => multiply(g, sign(x)));

/** −1, 0 or 1. */
const sign = unary('sign', Math.sign, () => undefined);

/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary('sigmoid', portableSigmoid, (g, y) => multiply(g, multiply(y, subtract(1, y))));

/**
 * ln sigmoid(x) = min(x, 0) − ln(1 + e^−|x|): finite for every x, whereas in float32 the logarithm of a
 * sigmoid is −∞ below −104.
 */
export const logSigmoid = unary(
  'logSigmoid',
  (x) => Math.min(x, 0) - portableLog1p(portableExp(-Math.abs(x))),
  (g, _, x) => multiply(g, sigmoid(negate(x))),
);

/** max(x, 0). */
export const relu = unary(
  'relu',
  (x) => Math.max(x, 0),
  (g, y) => multiply(g, step(y)),
);

/** 1 where x > 0, else 0, for x ≥ 0 alone: the slope of relu as a function of its own result. Its gradient is 0. */
export const step = unary('step', Math.sign, () => undefined);

/** x where x > 0, else eˣ − 1; its slope is continuous. */
export const elu = unary(
  'elu',
  (x) => (x > 0 ? x : portableExpm1(x)),
  (g, y) => multiply(g, eluSlope(y)),
);

/** min(y + 1, 1): the slope of elu as a function of its own result. */
const eluSlope = unary(
  'eluSlope',
  (y) => Math.min(y + 1, 1),
  (g, _, y) => multiply(g, step(relu(negate(y)))),
);

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
