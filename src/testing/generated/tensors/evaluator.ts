// Evaluates a program by plain loops in float64, with a bound on how far any careful computation may be from each value. It
// shares no code with the engine.
//
// The bounds are those of ball arithmetic: each number is a midpoint and a radius, and an operation's radius holds every value
// that its operands' balls allow, and the rounding errors of the operation itself. So a test needs no tolerance: what lies
// outside a ball is wrong.
import type { Attributes, GeneratedProgram, ProgramNode } from './program.ts';

/** Numbers in row-major order, each with the radius of its ball; a radius of infinity means that nothing is promised. */
export interface Balls {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly radii: readonly number[];
}

/** What a precision promises. */
export interface Arithmetic {
  /** The largest relative error of one rounding. */
  readonly rounding: number;
  /** Results smaller than this may be 0. */
  readonly smallest: number;
  /** Larger results may be infinite. */
  readonly largest: number;
  /** The absolute errors of functions that have no relative bound. */
  readonly absolute: Readonly<Record<string, number>>;
}

export const float64: Arithmetic = {
  rounding: 2 ** -53,
  smallest: 2 ** -1022,
  largest: Number.MAX_VALUE,
  absolute: {
    sigmoid: 2 ** -51,
    tanh: 2 ** -51,
    logSigmoid: 2 ** -51,
    softplus: 2 ** -51,
    elu: 2 ** -51,
    sin: 2 ** -50,
    cos: 2 ** -50,
    erf: 2 ** -49,
  },
};

export const float32: Arithmetic = {
  rounding: 2 ** -24,
  smallest: 2 ** -126,
  largest: 3.4e38,
  absolute: {
    sigmoid: 1.2e-7,
    logSigmoid: 2 ** -23,
    softplus: 2 ** -23,
    elu: 2 ** -23,
    tanh: 2 ** -22,
    erf: 2 ** -22,
    sin: 2 ** -23,
    cos: 2 ** -23,
    atan: 2 ** -23,
  },
};

/** Roundings that an operation may make where one would do. */
const SLACK = 4;

/** The values of all nodes of a program; `frozen` are the values of nodes that are not computed anew. */
export function evaluateProgram(
  { nodes }: Pick<GeneratedProgram, 'nodes'>,
  arithmetic: Arithmetic,
  frozen: ReadonlyMap<number, Balls> = new Map(),
): Balls[] {
  const results: Balls[] = [];
  for (const [number, node] of nodes.entries()) {
    results.push(
      frozen.get(number) ??
        evaluateNode(
          node,
          node.inputs.map((input) => results[input]!),
          arithmetic,
        ),
    );
  }
  return results;
}

/** The value of a node, from those of its inputs. */
export function evaluateNode(
  { operation, attributes }: ProgramNode,
  inputs: readonly Balls[],
  arithmetic: Arithmetic,
): Balls {
  const evaluate = evaluations[operation];
  if (!evaluate) {
    throw new Error(`no evaluation of ${operation}`);
  }
  return evaluate(inputs, attributes, arithmetic, operation);
}

type Evaluation = (
  inputs: readonly Balls[],
  attributes: Attributes,
  arithmetic: Arithmetic,
  name: string,
) => Balls;

/** A number of a result, and its radius before the result is rounded. */
type Ball = readonly [value: number, radius: number];

/** The numbers of a result, index by index. */
function fill(shape: readonly number[], ball: (index: number[]) => Ball): Balls {
  const values: number[] = [];
  const radii: number[] = [];
  const index = shape.map(() => 0);
  const count = shape.reduce((product, length) => product * length, 1);
  for (let n = 0; n < count; n++) {
    const [value, radius] = ball(index);
    values.push(value);
    radii.push(radius);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) {
        break;
      }
      index[axis] = 0;
    }
  }
  return { shape, values, radii };
}

function position(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((offset, at, axis) => offset * shape[axis]! + at, 0);
}

function at({ shape, values, radii }: Balls, index: readonly number[]): Ball {
  const offset = position(shape, index);
  return [values[offset]!, radii[offset]!];
}

/** The radius of a result that is rounded `roundings` times. */
function rounded(
  [value, radius]: Ball,
  { rounding, smallest, largest }: Arithmetic,
  roundings: number,
  absolute = 0,
): Ball {
  if (!Number.isFinite(value)) {
    return [value, radius === 0 ? 0 : Number.POSITIVE_INFINITY];
  }
  const total = radius + SLACK * roundings * rounding * Math.abs(value) + absolute + smallest;
  return [value, total >= 0 && Math.abs(value) + total <= largest ? total : Number.POSITIVE_INFINITY];
}

/** A sum of numbers in any order. */
class Sum {
  #value = 0;
  #radius = 0;
  #size = 0;
  #count = 0;

  add([value, radius]: Ball): void {
    this.#value += value;
    this.#radius += radius;
    this.#size += Math.abs(value) + radius;
    this.#count++;
  }

  /** Counts rounding errors of a number that is added and subtracted. */
  addRounding([value, radius]: Ball): void {
    this.#size += 2 * (Math.abs(value) + radius);
    this.#count += 2;
  }

  addProduct(a: Ball, b: Ball): void {
    this.add(multiplied(a, b));
  }

  result(arithmetic: Arithmetic): Ball {
    const { rounding } = arithmetic;
    const radius = this.#radius + SLACK * (this.#count + 1) * rounding * this.#size;
    return rounded([this.#value, Number.isFinite(this.#value) ? radius : this.#radius], arithmetic, 0);
  }
}

function multiplied([a, r]: Ball, [b, s]: Ball): Ball {
  return [a * b, (r === 0 ? 0 : r * (Math.abs(b) + s)) + (s === 0 ? 0 : s * Math.abs(a))];
}

// Elementwise operations.

type Unary = { f(x: number): number; radius?(x: number, r: number): number };

/** How far a function that only rises, or only falls, moves within a ball. */
function moved(f: (x: number) => number, x: number, r: number): number {
  return r === 0 ? 0 : Math.max(Math.abs(f(x + r) - f(x)), Math.abs(f(x) - f(x - r)));
}

const unaries: Readonly<Record<string, Unary>> = {
  negate: { f: (x) => -x },
  exp: { f: Math.exp },
  log: { f: Math.log },
  logAbs: {
    f: (x) => Math.log(Math.abs(x)),
    radius: (x, r) => (r >= Math.abs(x) && r > 0 ? Infinity : moved(Math.log, Math.abs(x), r)),
  },
  sqrt: { f: Math.sqrt },
  abs: { f: Math.abs, radius: (_, r) => r },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)) },
  logSigmoid: { f: logistic },
  softplus: { f: (x) => -logistic(-x) },
  relu: { f: (x) => Math.max(x, 0) },
  step: { f: (x) => (x > 0 ? 1 : 0), radius: (x, r) => (r > 0 && r >= Math.abs(x) ? Infinity : 0) },
  elu: { f: (x) => (x > 0 ? x : Math.expm1(x)) },
  tanh: { f: Math.tanh },
  sin: { f: Math.sin, radius: (_, r) => Math.min(r, 2) },
  cos: { f: Math.cos, radius: (_, r) => Math.min(r, 2) },
  atan: { f: Math.atan },
  erf: { f: erf },
  floor: {
    f: Math.floor,
    radius: (x, r) => (Math.floor(x - r) === Math.floor(x + r) ? 0 : Infinity),
  },
};

function logistic(x: number): number {
  return x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x));
}

/** 2/√π·e^(−x²)·Σ 2ⁿ·x^(2n+1)/(2n+1)!!, whose terms are all positive. */
function erf(x: number): number {
  if (Math.abs(x) > 6) {
    return Math.sign(x);
  }
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

type Binary = { f(a: number, b: number): number; radius(a: Ball, b: Ball): number; exact?: boolean };

const binaries: Readonly<Record<string, Binary>> = {
  add: { f: (a, b) => a + b, radius: ([, r], [, s]) => r + s },
  subtract: { f: (a, b) => a - b, radius: ([, r], [, s]) => r + s },
  multiply: { f: (a, b) => a * b, radius: (a, b) => multiplied(a, b)[1] },
  divide: {
    f: (a, b) => a / b,
    // The sign of a divisor of 0 is not promised.
    radius: ([a, r], [b, s]) =>
      s >= Math.abs(b) ? Infinity : (r + (s === 0 ? 0 : s * Math.abs(a / b))) / (Math.abs(b) - s),
  },
  maximum: { f: Math.max, radius: ([, r], [, s]) => Math.max(r, s), exact: true },
  greater: { f: (a, b) => (a > b ? 1 : 0), radius: undecided, exact: true },
  less: { f: (a, b) => (a < b ? 1 : 0), radius: undecided, exact: true },
  equal: { f: (a, b) => (a === b ? 1 : 0), radius: undecided, exact: true },
};

/** Whether a comparison may turn out either way. */
function undecided([a, r]: Ball, [b, s]: Ball): number {
  return r + s > 0 && Math.abs(a - b) <= r + s ? Infinity : 0;
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

/** The number that an operand has at an index of the shape that it broadcasts to. */
function broadcastAt(x: Balls, index: readonly number[]): Ball {
  const missing = index.length - x.shape.length;
  return at(
    x,
    x.shape.map((length, axis) => (length === 1 ? 0 : index[axis + missing]!)),
  );
}

const evaluateUnary: Evaluation = ([x], _, arithmetic, name) => {
  const { f, radius = (value: number, r: number) => moved(f, value, r) } = unaries[name]!;
  return fill(x!.shape, (index) => {
    const [value, r] = at(x!, index);
    const spread = r === Infinity ? Infinity : radius(value, r);
    const isExact = ['negate', 'abs', 'relu', 'step', 'floor'].includes(name);
    return rounded([f(value), spread], arithmetic, isExact ? 0 : 1, arithmetic.absolute[name]);
  });
};

const evaluateBinary: Evaluation = ([a, b], _, arithmetic, name) => {
  const { f, radius, exact } = binaries[name]!;
  return fill(broadcast([a!.shape, b!.shape]), (index) => {
    const [left, right] = [broadcastAt(a!, index), broadcastAt(b!, index)];
    return rounded([f(left[0], right[0]), radius(left, right)], arithmetic, exact ? 0 : 1);
  });
};

// Layout and reductions.

const unchanged: Evaluation = ([x]) => x!;

/** The indices of the axes that a reduction keeps, and sums over the others. */
function reduce(x: Balls, axes: readonly number[], combine: (each: readonly Ball[]) => Ball): Balls {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const inner = fill(
    axes.map((axis) => x.shape[axis]!),
    () => [0, 0],
  ).shape;
  return fill(
    kept.map((axis) => x.shape[axis]!),
    (outerIndex) => {
      const each: Ball[] = [];
      fill(inner, (innerIndex) => {
        const full = x.shape.map((_, axis) =>
          axes.includes(axis) ? innerIndex[axes.indexOf(axis)]! : outerIndex[kept.indexOf(axis)]!,
        );
        each.push(at(x, full));
        return [0, 0];
      });
      return combine(each);
    },
  );
}

function summed(each: readonly Ball[], arithmetic: Arithmetic): Ball {
  const sum = new Sum();
  for (const one of each) {
    sum.add(one);
  }
  return sum.result(arithmetic);
}

const softmax: Evaluation = ([x], { axis }, arithmetic) => {
  const along = (index: readonly number[]): Ball[] =>
    Array.from({ length: x!.shape[axis!]! }, (_, other) => at(x!, replaced(index, axis!, other)));
  return fill(x!.shape, (index) => {
    const line = along(index);
    const largest = Math.max(...line.map(([value]) => value));
    const total = line.reduce((sum, [value]) => sum + Math.exp(value - largest), 0);
    const share = Math.exp(at(x!, index)[0] - largest) / total;
    // Each exponent may be off by this much.
    const widest = Math.max(...line.map(([value]) => 1 + line.length + largest - value));
    const spread = 2 * Math.max(...line.map(([, r]) => r)) + SLACK * arithmetic.rounding * widest;
    return rounded([share, share * Math.expm1(2 * spread)], arithmetic, 1);
  });
};

// Convolutions of images `[N, H, W, C]`.

/** The number at a pixel, or what is outside the image. */
function pixel(
  x: Balls,
  [n, row, column, channel]: readonly [number, number, number, number],
  boundary: Attributes['boundary'],
): Ball | 'outside' {
  const [, height, width] = x.shape as [number, number, number];
  if (boundary === 'wrap') {
    const wrap = (value: number, length: number): number => ((value % length) + length) % length;
    return at(x, [n, wrap(row, height), wrap(column, width), channel]);
  }
  return row >= 0 && row < height && column >= 0 && column < width
    ? at(x, [n, row, column, channel])
    : 'outside';
}

const convolution: Evaluation = ([x, kernel], { offsets, boundary, edge }, arithmetic) => {
  const channels = x!.shape[3]!;
  return fill([...x!.shape.slice(0, 3), kernel!.shape[2]!], ([n, h, w, out]) => {
    const sum = new Sum();
    for (const [tap, [down, right]] of offsets!.entries()) {
      for (let channel = 0; channel < channels; channel++) {
        const read = pixel(x!, [n!, h! + down, w! + right, channel], boundary);
        if (read !== 'outside') {
          sum.addProduct(read, at(kernel!, [tap, channel, out!]));
        } else if (edge && channel === 0) {
          sum.add(at(kernel!, [tap, channels, out!]));
        }
        if (edge && channel === 0) {
          // The edge may be added for every tap, and taken back inside.
          sum.addRounding(at(kernel!, [tap, channels, out!]));
        }
      }
    }
    return sum.result(arithmetic);
  });
};

const unfold: Evaluation = ([x], { offsets, boundary }) => {
  const channels = x!.shape[3]!;
  return fill([...x!.shape.slice(0, 3), channels * offsets!.length], ([n, h, w, channel]) => {
    const [down, right] = offsets![Math.floor(channel! / channels)]!;
    const read = pixel(x!, [n!, h! + down, w! + right, channel! % channels], boundary);
    return read === 'outside' ? [0, 0] : read;
  });
};

const fold: Evaluation = ([x], { offsets, boundary }, arithmetic) => {
  const channels = x!.shape[3]! / offsets!.length;
  return fill([...x!.shape.slice(0, 3), channels], ([n, h, w, channel]) => {
    const sum = new Sum();
    for (const [tap, [down, right]] of offsets!.entries()) {
      const read = pixel(x!, [n!, h! + down, w! + right, tap * channels + channel!], boundary);
      if (read !== 'outside') {
        sum.add(read);
      }
    }
    return sum.result(arithmetic);
  });
};

const edgeResponse: Evaluation = ([kernel], { height, width, offsets, parity }, arithmetic) => {
  const everywhere = fill([height!, width!, kernel!.shape[1]!], ([h, w, out]) => {
    const sum = new Sum();
    for (const [tap, [down, right]] of offsets!.entries()) {
      const [row, column] = [h! + down, w! + right];
      if (row < 0 || row >= height! || column < 0 || column >= width!) {
        sum.add(at(kernel!, [tap, out!]));
      }
    }
    return sum.result(arithmetic);
  });
  return parity === undefined ? everywhere : halfPixels(everywhere, parity, 0);
};

/** The pixels with (row + column) mod 2 = parity, in one row; rows are at `axis`. */
function halfPixels(x: Balls, parity: number, axis: number): Balls {
  const [height, width] = x.shape.slice(axis, axis + 2) as [number, number];
  const pixels: [number, number][] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if ((row + column) % 2 === parity) {
        pixels.push([row, column]);
      }
    }
  }
  const shape = [...x.shape.slice(0, axis), 1, pixels.length, ...x.shape.slice(axis + 2)];
  return fill(shape, (index) =>
    at(x, [...index.slice(0, axis), ...pixels[index[axis + 1]!]!, ...index.slice(axis + 2)]),
  );
}

const expConvolution: Evaluation = (inputs, attributes, arithmetic, name) => {
  const [x, kernel] = inputs as [Balls, Balls];
  const sums = x.values.map(() => new Sum());
  const norm = Math.hypot(...x.values) + Math.hypot(...x.radii);
  let term = x;
  for (let n = 1; n < 80; n++) {
    term.values.forEach((value, index) => {
      sums[index]!.add([value, term.radii[index]!]);
    });
    const next = convolution([term, kernel], attributes, arithmetic, name);
    term = { ...next, values: next.values.map((v) => v / n), radii: next.radii.map((r) => r / n) };
  }
  const results = sums.map((sum) => sum.result(arithmetic));
  return {
    shape: x.shape,
    values: results.map(([value]) => value),
    radii: results.map(([, radius]) => radius + arithmetic.rounding * norm),
  };
};

// Matrices.

const product: Evaluation = ([a, b, bias], { transposeA, transposeB }, arithmetic) => {
  const [rows, inner] = transposeA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!];
  const columns = transposeB ? b!.shape[0]! : b!.shape[1]!;
  return fill([rows, columns], (index) => {
    const [row, column] = index as [number, number];
    const sum = new Sum();
    for (let k = 0; k < inner; k++) {
      const left = at(a!, transposeA ? [k, row] : [row, k]);
      sum.addProduct(left, at(b!, transposeB ? [column, k] : [k, column]));
    }
    if (bias) {
      sum.add(broadcastAt(bias, index));
    }
    return sum.result(arithmetic);
  });
};

/** One matrix of a stack `[…, n, n]`. */
function matrixAt(w: Balls, index: readonly number[]): Balls {
  const size = w.shape.at(-1)!;
  return fill([size, size], ([row, column]) => at(w, [...index, row!, column!]));
}

/** A matrix A + iB as [[A, −B], [B, A]], of a stack `[2, …, n, n]`. */
function realMatrixAt(w: Balls, index: readonly number[]): Balls {
  const size = w.shape.at(-1)!;
  return fill([2 * size, 2 * size], ([row, column]) => {
    const isImaginary = Math.floor(row! / size) !== Math.floor(column! / size);
    const [value, radius] = at(w, [isImaginary ? 1 : 0, ...index, row! % size, column! % size]);
    return [isImaginary && row! < size ? -value : value, radius];
  });
}

/** The inverse of a matrix and ln|det|, by elimination with row exchanges, with bounds for every matrix in its ball. */
function invert({ shape, values, radii }: Balls): { inverse: Balls; logAbsDet: Ball } {
  const n = shape[0]!;
  const rows = Array.from({ length: n }, (_, row) => [
    ...values.slice(row * n, row * n + n),
    ...Array.from({ length: n }, (_unused, column) => (row === column ? 1 : 0)),
  ]);
  let logAbsDet = 0;
  for (let step = 0; step < n; step++) {
    const rest = rows.slice(step).map((row) => Math.abs(row[step]!));
    const pivot = step + rest.indexOf(Math.max(...rest));
    [rows[step], rows[pivot]] = [rows[pivot]!, rows[step]!];
    const divisor = rows[step]![step]!;
    logAbsDet += Math.log(Math.abs(divisor));
    rows[step] = rows[step]!.map((value) => value / divisor);
    for (const [other, row] of rows.entries()) {
      const factor = row[step]!;
      if (other !== step && factor !== 0) {
        rows[other] = row.map((value, column) => value - factor * rows[step]![column]!);
      }
    }
  }
  const inverse = rows.flatMap((row) => row.slice(n));
  // (W + E)⁻¹ − W⁻¹ = −W⁻¹·E·W⁻¹ + …: B = |W⁻¹|·|E| bounds each further term, where its norm is below 1.
  const largest = Math.max(...values.map(Math.abs));
  const errors = radii.map((radius) => radius + 16 * n * n * 2 ** -53 * largest);
  const sizes = inverse.map(Math.abs);
  const relative = plainProduct(sizes, errors, n);
  const norm = Math.max(
    ...Array.from({ length: n }, (_, row) => relative.slice(row * n, row * n + n).reduce((a, b) => a + b, 0)),
  );
  const spread = norm < 0.5 ? plainProduct(relative, sizes, n) : [];
  return {
    inverse: {
      shape,
      values: inverse,
      radii: sizes.map((_, k) =>
        norm < 0.5 ? spread[k]! / (1 - norm) + (norm / (1 - norm)) * Math.max(...spread) : Infinity,
      ),
    },
    logAbsDet: [logAbsDet, norm < 0.5 ? -n * Math.log1p(-norm) : Infinity],
  };
}

function plainProduct(a: readonly number[], b: readonly number[], n: number): number[] {
  return Array.from({ length: n * n }, (_, index) => {
    let sum = 0;
    for (let k = 0; k < n; k++) {
      sum += a[Math.floor(index / n) * n + k]! * b[k * n + (index % n)]!;
    }
    return sum;
  });
}

const inverse: Evaluation = ([w], _, arithmetic, name) => {
  const isComplex = name === 'complexInverse';
  const size = w!.shape.at(-1)!;
  const inverses = new Map<string, Balls>();
  return fill(w!.shape, (index) => {
    const stack = index.slice(isComplex ? 1 : 0, -2);
    const key = stack.join(' ');
    const whole = inverses.get(key) ?? invert((isComplex ? realMatrixAt : matrixAt)(w!, stack)).inverse;
    inverses.set(key, whole);
    const [row, column] = index.slice(-2) as [number, number];
    return rounded(at(whole, [row + (isComplex && index[0] === 1 ? size : 0), column]), arithmetic, 1);
  });
};

const logAbsDet: Evaluation = ([w], _, arithmetic, name) => {
  const isComplex = name === 'complexLogAbsDet';
  return fill(w!.shape.slice(isComplex ? 1 : 0, -2), (index) => {
    const [value, radius] = invert((isComplex ? realMatrixAt : matrixAt)(w!, index)).logAbsDet;
    const scale = isComplex ? 0.5 : 1;
    return rounded([scale * value, radius], arithmetic, 1, SLACK * 2 ** -53 * 100);
  });
};

/** The images whose corner convolution is y: the convolution as one matrix, inverted. */
const solveCorner: Evaluation = ([y, kernel], { dilation, mirrored }, arithmetic) => {
  const [, height, width, channels] = y!.shape as [number, number, number, number];
  const image = [height, width, channels];
  const sign = mirrored ? 1 : -1;
  const matrix = fill([...image, ...image], ([h, w, out, row, column, channel]) => {
    const [i, j] = [(sign * (row! - h!)) / dilation!, (sign * (column! - w!)) / dilation!];
    const side = kernel!.shape[0]!;
    const isTap = [i, j].every((tap) => Number.isInteger(tap) && tap >= 0 && tap < side);
    return isTap ? at(kernel!, [i, j, channel!, out!]) : [0, 0];
  });
  const size = height * width * channels;
  const { inverse: solution } = invert({ ...matrix, shape: [size, size] });
  return fill(y!.shape, ([n, ...index]) => {
    const sum = new Sum();
    for (let k = 0; k < size; k++) {
      sum.addProduct(at(solution, [position(image, index), k]), [
        y!.values[n! * size + k]!,
        y!.radii[n! * size + k]!,
      ]);
    }
    const [value, radius] = sum.result(arithmetic);
    return [value, radius];
  });
};

const fixedPoint: Evaluation = ([start, shift], { limit, factor }, arithmetic) => {
  let x = start!;
  for (let iteration = 0; iteration < limit!; iteration++) {
    const sines = evaluateUnary([x], {}, arithmetic, 'sin');
    const weight: Balls = { shape: [], values: [factor!], radii: [0] };
    const scaled = evaluateBinary([sines, weight], {}, arithmetic, 'multiply');
    x = evaluateBinary([scaled, shift!], {}, arithmetic, 'add');
  }
  return x;
};

function each(names: readonly string[], evaluation: Evaluation): Record<string, Evaluation> {
  return Object.fromEntries(names.map((name) => [name, evaluation]));
}

const given: Evaluation = (_, { shape, values }) => ({
  shape: shape!,
  values: values!,
  radii: values!.map(() => 0),
});

const evaluations: Readonly<Record<string, Evaluation>> = {
  ...each(Object.keys(unaries), evaluateUnary),
  ...each(Object.keys(binaries), evaluateBinary),
  ...each(['input', 'constant'], given),
  ...each(['checkpoint', 'remember', 'detach'], unchanged),
  ...each(['inverse', 'complexInverse'], inverse),
  ...each(['logAbsDet', 'complexLogAbsDet'], logAbsDet),
  clip: ([x], { limit }) =>
    fill(x!.shape, (index) => {
      const [value, radius] = at(x!, index);
      return [Math.min(Math.max(value, -limit!), limit!), radius];
    }),
  where: ([condition, a, b]) =>
    fill(broadcast([condition!.shape, a!.shape, b!.shape]), (index) => {
      const [value, r] = broadcastAt(condition!, index);
      const chosen = broadcastAt(value === 0 ? b! : a!, index);
      return [chosen[0], r > 0 && r >= Math.abs(value) ? Infinity : chosen[1]];
    }),
  sum: ([x], { axes }, arithmetic) => reduce(x!, axes!, (parts) => summed(parts, arithmetic)),
  sumPerImage: ([x], _, arithmetic) =>
    reduce(x!, x!.shape.map((_length, axis) => axis).slice(1), (parts) => summed(parts, arithmetic)),
  mean: ([x], { axes }, arithmetic) =>
    reduce(x!, axes!, (parts) => {
      const [value, radius] = summed(parts, arithmetic);
      return rounded([value / parts.length, radius / parts.length], arithmetic, 2);
    }),
  max: ([x], { axes }) =>
    reduce(x!, axes!, (parts) => [
      Math.max(...parts.map(([value]) => value)),
      Math.max(...parts.map(([, r]) => r)),
    ]),
  softmax,
  expand: ([x], { shape }) => fill(shape!, (index) => broadcastAt(x!, index)),
  reshape: ([x], { shape }) => ({ ...x!, shape: shape! }),
  transpose: ([x], { order }) =>
    fill(
      order!.map((axis) => x!.shape[axis]!),
      (index) =>
        at(
          x!,
          x!.shape.map((_, axis) => index[order!.indexOf(axis)]!),
        ),
    ),
  slice: ([x], { axis, start, end }) => cut(x!, axis!, start!, end!),
  split: ([x], { axis, lengths, part }) => {
    const start = lengths!.slice(0, part!).reduce((a, b) => a + b, 0);
    return cut(x!, axis!, start, start + lengths![part!]!);
  },
  concatenate: (parts, { axis }) => {
    const total = parts.reduce((length, { shape }) => length + shape[axis!]!, 0);
    return fill(replaced(parts[0]!.shape, axis!, total), (index) => {
      let from = index[axis!]!;
      const part = parts.find(({ shape }) => {
        const isHere = from < shape[axis!]!;
        from -= isHere ? 0 : shape[axis!]!;
        return isHere;
      })!;
      return at(part, replaced(index, axis!, from));
    });
  },
  pad: ([x], { axis, before, after, value }) => {
    const length = x!.shape[axis!]!;
    return fill(replaced(x!.shape, axis!, before! + length + after!), (index) => {
      const from = index[axis!]! - before!;
      return from >= 0 && from < length ? at(x!, replaced(index, axis!, from)) : [value!, 0];
    });
  },
  reorder: ([x], { axis, order }) =>
    fill(x!.shape, (index) => at(x!, replaced(index, axis!, order![index[axis!]!]!))),
  flip: ([x], { axis }) =>
    fill(x!.shape, (index) => at(x!, replaced(index, axis!, x!.shape[axis!]! - 1 - index[axis!]!))),
  identity: (_, { size }) => fill([size!, size!], ([row, column]) => [row === column ? 1 : 0, 0]),
  zeros: (_, { shape }) => fill(shape!, () => [0, 0]),
  oneHot: ([indices], { size }) =>
    fill([indices!.shape[0]!, size!], ([row, column]) => [at(indices!, [row!])[0] === column ? 1 : 0, 0]),
  toeplitz: ([line]) => {
    const [period, ...entry] = line!.shape as [number, ...number[]];
    return fill([period / 2, period / 2, ...entry], ([row, column, ...rest]) =>
      at(line!, [(column! - row! + period) % period, ...rest]),
    );
  },
  product,
  stackedProduct: ([a, b], _, arithmetic) =>
    fill([...a!.shape.slice(0, 2), b!.shape[2]!], ([stack, row, column]) => {
      const sum = new Sum();
      for (let k = 0; k < a!.shape[2]!; k++) {
        sum.addProduct(at(a!, [stack!, row!, k]), at(b!, [stack!, k, column!]));
      }
      return sum.result(arithmetic);
    }),
  convolution,
  pointwise: ([x, weight], _, arithmetic, name) => {
    const kernel = { ...weight!, shape: [1, ...weight!.shape] };
    return convolution([x!, kernel], { offsets: [[0, 0]], boundary: 'zero' }, arithmetic, name);
  },
  unfold,
  fold,
  edgeResponse,
  everyOther: ([x], { parity }) => halfPixels(x!, parity!, 1),
  expConvolution,
  solveCorner,
  fixedPoint,
};

function replaced(index: readonly number[], axis: number, value: number): number[] {
  return index.map((one, other) => (other === axis ? value : one));
}

function cut(x: Balls, axis: number, start: number, end: number): Balls {
  return fill(replaced(x.shape, axis, end - start), (index) =>
    at(x, replaced(index, axis, start + index[axis]!)),
  );
}
