// Operations on each element, with broadcasting: arithmetic and the functions that flows need.
import type { Emitter } from '../emitter.ts';
import { broadcastShapes, type Shape, sameShape } from '../shape.ts';
import { apply, constant, constantValue, type Operation, type Tensor } from '../tensor.ts';
import { expandSource, reshape, reshapeSource } from './layout.ts';
import { sumTo } from './reduce.ts';

/** The other operand of a sum, product, …: a tensor, or a number for a constant. */
export type Operand = Tensor | number;

interface Unary {
  name: string;
  evaluate: (x: number) => number;
  gradient: (g: Tensor, y: Tensor, x: Tensor) => Tensor;
  lower: (emit: Emitter, x: string) => string;
}

function unary({ name, evaluate, gradient, lower }: Unary): (x: Tensor) => Tensor {
  const operation: Operation<undefined> = {
    name,
    shape: ([x]) => x!,
    gradient: (node, g) => [gradient(g, node as Tensor, node.inputs[0]!)],
    lower: (emit, _, [x]) => lower(emit, x!),
  };
  return (x) => {
    const value = scalarValue(x);
    return value === undefined ? onSources(operation, [x]) : constant(evaluate(value));
  };
}

interface Binary {
  name: string;
  onnx: string;
  evaluate: (a: number, b: number) => number;
  /** The gradients before they are summed to the operands' shapes. */
  gradient?: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => [Tensor, Tensor];
  /** The value of an operand that leaves the other as it is: on the right, and on the left where it works there too. */
  neutral?: { right: number; left?: number };
}

function binary({ name, onnx, evaluate, gradient, neutral }: Binary): (a: Operand, b: Operand) => Tensor {
  const operation: Operation<undefined> = {
    name,
    shape: ([a, b]) => broadcastShapes(a!, b!) ?? { problem: 'the shapes do not broadcast' },
    lower: (emit, _, inputs) => emit.node(onnx, inputs),
  };
  if (gradient) {
    operation.gradient = (node, g) => {
      const [a, b] = node.inputs as [Tensor, Tensor];
      const [ga, gb] = gradient(g, a, b, node as Tensor);
      return [sumTo(ga, a.shape), sumTo(gb, b.shape)];
    };
  }
  return (left, right) => {
    const a = typeof left === 'number' ? constant(left) : left;
    const b = typeof right === 'number' ? constant(right) : right;
    const [x, y] = [scalarValue(a), scalarValue(b)];
    if (x !== undefined && y !== undefined) {
      return constant(evaluate(x, y));
    }
    if (neutral && y === neutral.right) {
      return a;
    }
    if (neutral?.left !== undefined && x === neutral.left) {
      return b;
    }
    return onSources(operation, withoutExpansion(a, b));
  };
}

/**
 * Applies an operation on each element before a reshape of its operands instead of after it: between two products of
 * matrices nothing is then left to reshape.
 */
function onSources(operation: Operation<undefined>, operands: readonly Tensor[]): Tensor {
  const { shape } = operands[0]!;
  const sources = operands.flatMap((operand) => reshapeSource(operand) ?? []);
  const agree =
    sources.length === operands.length &&
    operands.every((operand) => sameShape(operand.shape, shape)) &&
    sources.every((source) => sameShape(source.shape, sources[0]!.shape));
  return agree
    ? reshape(apply(operation, sources, undefined) as Tensor, shape)
    : (apply(operation, operands, undefined) as Tensor);
}

/** The value of a constant with one element and no axes. */
function scalarValue(x: Tensor): number | undefined {
  return x.rank === 0 ? constantValue(x)?.data[0] : undefined;
}

/** The operands as they were before `expand`, where broadcasting gives the same result without the copy. */
function withoutExpansion(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const shape = broadcastShapes(a.shape, b.shape);
  const fits = (left: Shape, right: Shape): boolean => {
    const out = broadcastShapes(left, right);
    return shape !== undefined && out !== undefined && sameShape(out, shape);
  };
  const narrowA = expandSource(a);
  if (narrowA && fits(narrowA.shape, b.shape)) {
    return [narrowA, b];
  }
  const narrowB = expandSource(b);
  return narrowB && fits(a.shape, narrowB.shape) ? [a, narrowB] : [a, b];
}

/** a + b. */
export const add = binary({
  name: 'add',
  onnx: 'Add',
  evaluate: (a, b) => a + b,
  gradient: (g) => [g, g],
  neutral: { right: 0, left: 0 },
});

/** a − b. */
export const subtract = binary({
  name: 'subtract',
  onnx: 'Sub',
  evaluate: (a, b) => a - b,
  gradient: (g) => [g, negate(g)],
  neutral: { right: 0 },
});

/** a·b. */
export const multiply = binary({
  name: 'multiply',
  onnx: 'Mul',
  evaluate: (a, b) => a * b,
  gradient: (g, a, b) => [multiply(g, b), multiply(g, a)],
  neutral: { right: 1, left: 1 },
});

/** a / b. */
export const divide = binary({
  name: 'divide',
  onnx: 'Div',
  evaluate: (a, b) => a / b,
  gradient: (g, _, b, y) => {
    const share = divide(g, b);
    return [share, negate(multiply(share, y))];
  },
  neutral: { right: 1 },
});

/** The larger of a and b; has no gradient (the optimiser needs none). */
export const maximum = binary({ name: 'maximum', onnx: 'Max', evaluate: Math.max });

/** −x. */
export const negate = unary({
  name: 'negate',
  evaluate: (x) => -x,
  gradient: (g) => negate(g),
  lower: (emit, x) => emit.node('Neg', [x]),
});

/** eˣ. */
export const exp = unary({
  name: 'exp',
  evaluate: Math.exp,
  gradient: (g, y) => multiply(g, y),
  lower: (emit, x) => emit.node('Exp', [x]),
});

/** ln x. */
export const log = unary({
  name: 'log',
  evaluate: Math.log,
  gradient: (g, _, x) => divide(g, x),
  lower: (emit, x) => emit.node('Log', [x]),
});

/** ln|x|. */
export const logAbs = unary({
  name: 'logAbs',
  evaluate: (x) => Math.log(Math.abs(x)),
  gradient: (g, _, x) => divide(g, x),
  lower: (emit, x) => emit.node('Log', [emit.node('Abs', [x])]),
});

/** x kept between −limit and limit; has no gradient. */
export function clip(x: Tensor, limit: number): Tensor {
  return apply(clipOperation, [x], limit) as Tensor;
}

const clipOperation: Operation<number> = {
  name: 'clip',
  shape: ([x]) => x!,
  lower: (emit, { attributes: limit }, [x]) =>
    emit.node('Clip', [x!, emit.reals(Float64Array.of(-limit), []), emit.reals(Float64Array.of(limit), [])]),
};

/** √x. */
export const sqrt = unary({
  name: 'sqrt',
  evaluate: Math.sqrt,
  gradient: (g, y) => divide(multiply(g, 0.5), y),
  lower: (emit, x) => emit.node('Sqrt', [x]),
});

/** |x|, with gradient 0 at 0. */
export const abs = unary({
  name: 'abs',
  evaluate: Math.abs,
  gradient: (g, _, x) => multiply(g, sign(x)),
  lower: (emit, x) => emit.node('Abs', [x]),
});

/** −1, 0 or 1. */
const sign = unary({
  name: 'sign',
  evaluate: Math.sign,
  gradient: (g) => multiply(g, 0),
  lower: (emit, x) => emit.node('Sign', [x]),
});

/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary({
  name: 'sigmoid',
  evaluate: (x) => 1 / (1 + Math.exp(-x)),
  gradient: (g, y) => multiply(g, multiply(y, subtract(1, y))),
  lower: (emit, x) => emit.node('Sigmoid', [x]),
});

/**
 * ln sigmoid(x) = min(x, 0) − ln(1 + e^−|x|): finite for every x, where the logarithm of a sigmoid is −∞ below −104
 * in float32.
 */
export const logSigmoid = unary({
  name: 'logSigmoid',
  evaluate: (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (g, _, x) => multiply(g, sigmoid(negate(x))),
  lower: (emit, x) => {
    const zero = emit.reals(Float64Array.of(0), []);
    const one = emit.reals(Float64Array.of(1), []);
    const decay = emit.node('Exp', [emit.node('Neg', [emit.node('Abs', [x])])]);
    return emit.node('Sub', [
      emit.node('Min', [x, zero]),
      emit.node('Log', [emit.node('Add', [decay, one])]),
    ]);
  },
});

/** max(x, 0). */
export const relu = unary({
  name: 'relu',
  evaluate: (x) => Math.max(x, 0),
  gradient: (g, y) => multiply(g, step(y)),
  lower: (emit, x) => emit.node('Relu', [x]),
});

/** 1 where x > 0, else 0, for x ≥ 0: the slope of relu at its own result. */
const step = unary({
  name: 'step',
  evaluate: (x) => (x > 0 ? 1 : 0),
  gradient: (g) => multiply(g, 0),
  // A clipped steep line is three times as fast as Sign; ONNX Runtime has it in float32 only.
  lower: (emit, x) =>
    emit.precision === 'float32'
      ? emit.node('HardSigmoid', [x], { alpha: { real: 1e30 }, beta: { real: 0 } })
      : emit.node('Sign', [x]),
});
