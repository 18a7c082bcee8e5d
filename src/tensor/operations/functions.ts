// Elementwise functions of one tensor: exponentials, logarithms, roots, activations, trigonometry.
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
import { scalar } from '../emitter.ts';
import type { Tensor } from '../tensor.ts';
import { add, divide, multiply, negate, subtract, unary } from './elementwise.ts';
import { atan64, erf64, nodes, numbers } from './float64Functions.ts';

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
