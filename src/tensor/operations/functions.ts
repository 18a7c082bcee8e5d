// Elementwise functions of one tensor: exponentials, logarithms, roots, activations, trigonometry. Those that ONNX Runtime
// lacks in float64 are in arithmetic that it has: the same steps for nodes and for numbers.
import {
  portableCos,
  portableExp,
  portableExpm1,
  portableLog,
  portableLog1p,
  portableSigmoid,
  portableSin,
  portableTanh,
} from '../../core/numeric/index.ts';
import { type Emitter, scalar, type Tensor } from '../tensor.ts';
import { add, divide, multiply, negate, subtract, unary } from './elementwise.ts';

/** eˣ. */
export const exp = unary({
  name: 'exp',
  onnx: 'Exp',
  evaluate: portableExp,
  gradient: (g, y) => multiply(g, y),
});

/** ln x. */
export const log = unary({
  name: 'log',
  onnx: 'Log',
  evaluate: portableLog,
  gradient: (g, _, x) => divide(g, x),
});

/** ln|x|. */
export const logAbs = unary({
  name: 'logAbs',
  onnx: (emit, _, [x]) => emit.node('Log', [emit.node('Abs', [x!])]),
  evaluate: (x) => portableLog(Math.abs(x)),
  gradient: (g, _, x) => divide(g, x),
});

/** √x. */
export const sqrt = unary({
  name: 'sqrt',
  onnx: 'Sqrt',
  evaluate: Math.sqrt,
  gradient: (g, y) => divide(multiply(g, 0.5), y),
});

/** |x|, with gradient 0 at 0. */
export const abs = unary({
  name: 'abs',
  onnx: 'Abs',
  evaluate: Math.abs,
  gradient: (g, _, x) => multiply(g, sign(x)),
});

/** −1, 0 or 1. */
const sign = unary({ name: 'sign', onnx: 'Sign', evaluate: Math.sign });

/**
 * 1 / (1 + e⁻ˣ). On a CPU in float32 its absolute error is below 10⁻⁷, not its relative one: 1 % at −12, and 0 below −18. Where
 * small values matter, use e^logSigmoid(x).
 */
export const sigmoid = unary({
  name: 'sigmoid',
  onnx: 'Sigmoid',
  evaluate: portableSigmoid,
  gradient: (g, y) => multiply(g, multiply(y, subtract(1, y))),
});

/**
 * ln sigmoid(x) = min(x, 0) − ln(1 + e^−|x|): finite for every x, whereas in float32 the logarithm of a
 * sigmoid is −∞ below −18 on a CPU, and below −104 elsewhere.
 */
export const logSigmoid = unary({
  name: 'logSigmoid',
  onnx(emit, _, [x]) {
    const [zero, one] = [scalar(emit, 0), scalar(emit, 1)];
    const decay = emit.node('Exp', [emit.node('Neg', [emit.node('Abs', [x!])])]);
    const logarithm = emit.node('Log', [emit.node('Add', [decay, one])]);
    return emit.node('Sub', [emit.node('Min', [x!, zero]), logarithm]);
  },
  evaluate: (x) => Math.min(x, 0) - portableLog1p(portableExp(-Math.abs(x))),
  gradient: (g, _, x) => multiply(g, sigmoid(negate(x))),
});

/** ln(1 + eˣ) = −logSigmoid(−x), finite for every x. */
export function softplus(x: Tensor): Tensor {
  return negate(logSigmoid(negate(x)));
}

/** max(x, 0). */
export const relu = unary({
  name: 'relu',
  onnx: 'Relu',
  evaluate: (x) => Math.max(x, 0),
  gradient: (g, y) => multiply(g, step(y)),
});

/** 1 where x > 0, else 0, for x ≥ 0 alone: the slope of relu as a function of its own result. Its gradient is 0. */
export const step = unary({ name: 'step', onnx: 'Sign', evaluate: Math.sign });

/** x where x > 0, else eˣ − 1; its slope is continuous. */
export const elu = unary({
  name: 'elu',
  /** ONNX Runtime has Elu in float32 only; exp(min(x, 0)) cannot overflow. */
  onnx(emit, _, [x]) {
    if (emit.precision === 'float32') {
      return emit.node('Elu', [x!]);
    }
    const [zero, one] = [scalar(emit, 0), scalar(emit, 1)];
    const below = emit.node('Sub', [emit.node('Exp', [emit.node('Min', [x!, zero])]), one]);
    return emit.node('Add', [emit.node('Relu', [x!]), below]);
  },
  evaluate: (x) => (x > 0 ? x : portableExpm1(x)),
  gradient: (g, y) => multiply(g, eluSlope(y)),
});

/** min(y + 1, 1): the slope of elu as a function of its own result. */
const eluSlope = unary({
  name: 'eluSlope',
  onnx(emit, _, [y]) {
    const unity = scalar(emit, 1);
    return emit.node('Min', [emit.node('Add', [y!, unity]), unity]);
  },
  evaluate: (y) => Math.min(y + 1, 1),
  gradient: (g, _, y) => multiply(g, step(relu(negate(y)))),
});

/** (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ). */
export const tanh = unary({
  name: 'tanh',
  onnx: 'Tanh',
  evaluate: portableTanh,
  gradient: (g, y) => multiply(g, subtract(1, multiply(y, y))),
});

/** sin x. */
export const sin = unary({
  name: 'sin',
  onnx: 'Sin',
  evaluate: portableSin,
  gradient: (g, _, x) => multiply(g, cos(x)),
});

/** cos x. */
export const cos = unary({
  name: 'cos',
  onnx: 'Cos',
  evaluate: portableCos,
  gradient: (g, _, x) => negate(multiply(g, sin(x))),
});

/** arctan x, in (−π/2, π/2). */
export const atan = unary({
  name: 'atan',
  onnx: (emit, _, [x]) => (emit.precision === 'float32' ? emit.node('Atan', [x!]) : atan64(nodes(emit), x!)),
  evaluate: (x) => atan64(numbers, x),
  gradient: (g, _, x) => divide(g, add(multiply(x, x), 1)),
});

/** erf x = 2/√π·∫₀ˣ e^(−t²) dt; (1 + erf(x/√2))/2 is the distribution function of the standard normal. */
export const erf = unary({
  name: 'erf',
  onnx: (emit, _, [x]) => (emit.precision === 'float32' ? emit.node('Erf', [x!]) : erf64(nodes(emit), x!)),
  evaluate: (x) => erf64(numbers, x),
  gradient: (g, _, x) => multiply(g, multiply(exp(negate(multiply(x, x))), 2 / Math.sqrt(Math.PI))),
});

/** Arithmetic on values: numbers, or the names of tensors. */
interface Arithmetic<Value> {
  constant(value: number): Value;
  add(a: Value, b: Value): Value;
  multiply(a: Value, b: Value): Value;
  divide(a: Value, b: Value): Value;
  negate(x: Value): Value;
  sqrt(x: Value): Value;
  exp(x: Value): Value;
  /** a < b ? below : otherwise, also if one of them is not a number. */
  choose(a: Value, b: Value, below: Value, otherwise: Value): Value;
}

/** Arithmetic whose bits are the same on every machine. */
export const numbers: Arithmetic<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negate: (x) => -x,
  sqrt: Math.sqrt,
  exp: portableExp,
  choose: (a, b, below, otherwise) => (a < b ? below : otherwise),
};

/** Arithmetic by ONNX nodes. */
function nodes(emit: Emitter): Arithmetic<string> {
  return {
    constant: (value) => scalar(emit, value),
    add: (a, b) => emit.node('Add', [a, b]),
    multiply: (a, b) => emit.node('Mul', [a, b]),
    divide: (a, b) => emit.node('Div', [a, b]),
    negate: (x) => emit.node('Neg', [x]),
    sqrt: (x) => emit.node('Sqrt', [x]),
    exp: (x) => emit.node('Exp', [x]),
    choose: (a, b, below, otherwise) => emit.node('Where', [emit.node('Less', [a, b]), below, otherwise]),
  };
}

/** Σ cᵢ·xⁱ. */
function polynomial<Value>(
  { constant, add, multiply }: Arithmetic<Value>,
  x: Value,
  coefficients: readonly number[],
): Value {
  return coefficients
    .slice(0, -1)
    .reduceRight(
      (sum, coefficient) => add(multiply(sum, x), constant(coefficient)),
      constant(coefficients.at(-1)!),
    );
}

/** How often the argument of the arctangent is halved: at most 0.1 remains. */
const HALVINGS = 3;

/** arctan y/y as a polynomial of y², for |y| < 0.1: the next term is below 10⁻¹⁷. */
const ARCTANGENT = Array.from({ length: 8 }, (_, n) => (-1) ** n / (2 * n + 1));

/** Below this, arctan x is x; halving could underflow. */
const TINY = 2 ** -27;

/** arctan x, with a relative error below 10⁻¹⁵: arctan x = π/2 − arctan 1/x = 2·arctan(x/(1 + √(1 + x²))). */
export function atan64<Value>(math: Arithmetic<Value>, x: Value): Value {
  const { constant, add, multiply, divide, negate, sqrt, choose } = math;
  const [zero, one] = [constant(0), constant(1)];
  const size = choose(x, zero, negate(x), x);
  let y = choose(one, size, divide(one, size), size);
  for (let halving = 0; halving < HALVINGS; halving++) {
    y = divide(y, add(one, sqrt(add(one, multiply(y, y)))));
  }
  const series = multiply(y, polynomial(math, multiply(y, y), ARCTANGENT));
  const angle = multiply(series, constant(2 ** HALVINGS));
  const fullAngle = choose(one, size, add(constant(Math.PI / 2), negate(angle)), angle);
  return choose(size, constant(TINY), x, choose(x, zero, negate(fullAngle), fullAngle));
}

/** erf x/x as a power series of x² where |x| is smaller than this; the first term left out is below 10⁻¹⁷. */
const SMALL = 0.5;
const SERIES = Array.from({ length: 13 }, (_, n) => {
  const factorial = Array.from({ length: n }, (_unused, index) => index + 1).reduce((a, b) => a * b, 1);
  return ((2 / Math.sqrt(Math.PI)) * (-1) ** n) / (factorial * (2 * n + 1));
});

/** From here on, erf x is 1. */
const LARGE = 7;

/** 1 − Φ(x) = e^(−x²/2)·P(x)/Q(x) for x > 0. Source: Hart, in West, as for `normalDistribution`. */
const [TAIL_NUMERATOR, TAIL_DENOMINATOR] = [
  [
    220.206867912376, 221.213596169931, 112.079291497871, 33.912866078383, 6.37396220353165,
    0.700383064443688, 0.0352624965998911,
  ],
  [
    440.413735824752, 793.826512519948, 637.333633378831, 296.564248779674, 86.7807322029461, 16.064177579207,
    1.75566716318264, 0.0883883476483184,
  ],
] as const;

/** erf x, with a relative error below 10⁻¹⁵. */
export function erf64<Value>(math: Arithmetic<Value>, x: Value): Value {
  const { constant, add, multiply, divide, negate, exp, choose } = math;
  const [zero, unity, large] = [constant(0), constant(1), constant(LARGE)];
  const size = choose(x, zero, negate(x), x);
  const bounded = choose(large, size, large, size);
  const square = multiply(bounded, bounded);
  const deviations = multiply(bounded, constant(Math.SQRT2));
  const tail = divide(
    multiply(exp(negate(square)), polynomial(math, deviations, TAIL_NUMERATOR)),
    polynomial(math, deviations, TAIL_DENOMINATOR),
  );
  const beyond = add(unity, multiply(tail, constant(-2)));
  const near = multiply(bounded, polynomial(math, square, SERIES));
  const magnitude = choose(bounded, constant(SMALL), near, beyond);
  return choose(x, zero, negate(magnitude), magnitude);
}
