// Functions that ONNX Runtime lacks in float64, in arithmetic that it has: the same steps for nodes and for numbers.
import { portableExp } from '../../core/numeric/index.ts';
import { type Emitter, scalar } from '../emitter.ts';

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
export function nodes(emit: Emitter): Arithmetic<string> {
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
