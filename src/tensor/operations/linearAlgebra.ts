// The matrix product, to which everything expensive is lowered, and determinants and inverses of small matrices.
import {
  apply,
  constant,
  elementCount,
  isOpen,
  type Operation,
  type Shape,
  sameShape,
  showShape,
  type Tensor,
} from '../tensor.ts';
import { sumTo } from './broadcast.ts';
import { multiply, negate } from './elementwise.ts';
import { reshape, transpose } from './layout.ts';

/** Which operands of a product are transposed. */
export interface Transposition {
  /** Whether the left operand is transposed. */
  readonly transposeA: boolean;
  /** Whether the right operand is transposed. */
  readonly transposeB: boolean;
}

/** The operation of `product`: inputs A, B and optionally a bias. */
export const productOperation: Operation<Transposition> = {
  name: 'product',
  shape: ([a, b, bias], { transposeA, transposeB }) => {
    if (a!.length !== 2 || b!.length !== 2) {
      return { problem: 'both must be matrices' };
    }
    const [rows, inner] = transposeA ? [a![1]!, a![0]!] : [a![0]!, a![1]!];
    const [innerB, columns] = transposeB ? [b![1]!, b![0]!] : [b![0]!, b![1]!];
    if (inner !== innerB) {
      return { problem: `the inner lengths ${inner} and ${innerB} differ` };
    }
    const allowed = [[columns], [rows, 1], [rows, columns]];
    if (bias && !allowed.some((shape) => sameShape(bias, shape))) {
      return { problem: `the bias must have shape ${allowed.map(showShape).join(' or ')}` };
    }
    return [rows, columns];
  },
  gradient: (node, g) => {
    const [a, b, bias] = node.inputs as [Tensor, Tensor, Tensor?];
    const { transposeA, transposeB } = node.attributes;
    return [
      transposeA
        ? product(b, g, { transposeA: transposeB, transposeB: true })
        : product(g, b, { transposeB: !transposeB }),
      transposeB
        ? product(g, a, { transposeA: true, transposeB: transposeA })
        : product(a, g, { transposeA: !transposeA }),
      bias && sumTo(g, bias.shape),
    ];
  },
  nodes: (emit, { attributes: { transposeA, transposeB } }, inputs) =>
    emit.node('Gemm', inputs, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 }),
};

/** The options of a product. */
export interface ProductOptions extends Partial<Transposition> {
  /** The bias: a vector over the columns, a column over the rows or a whole matrix. */
  readonly bias?: Tensor | undefined;
}

/**
 * A·B + bias for matrices, each optionally transposed; the bias is a vector over the columns, a column over
 * the rows or a whole matrix.
 */
export function product(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, bias }: ProductOptions = {},
): Tensor {
  return apply(productOperation, bias ? [a, b, bias] : [a, b], { transposeA, transposeB }) as Tensor;
}

const stackedProductOperation: Operation<undefined> = {
  name: 'stackedProduct',
  shape: ([a, b]) =>
    a!.length === 3 && b!.length === 3 && a![0] === b![0] && a![2] === b![1]
      ? [a![0]!, a![1]!, b![2]!]
      : { problem: 'the stacks must have equally many matrices of the same inner length' },
  gradient: (node, g) => {
    const [a, b] = node.inputs as [Tensor, Tensor];
    return [stackedProduct(g, transpose(b, [0, 2, 1])), stackedProduct(transpose(a, [0, 2, 1]), g)];
  },
  nodes: (emit, _, inputs) => emit.node('MatMul', inputs),
};

/** The product of each matrix of a stack `[S, m, k]` with its counterpart in another one, `[S, k, n]`. */
export function stackedProduct(a: Tensor, b: Tensor): Tensor {
  return apply(stackedProductOperation, [a, b], undefined) as Tensor;
}

const isSquare = (x: Shape): boolean => x.length >= 2 && x.at(-1) === x.at(-2) && !isOpen(x);
const notSquare = { problem: 'the matrices must be square' };

/** Transposes each matrix of a stack. */
function transposedMatrices(w: Tensor): Tensor {
  const order = w.shape.map((_, axis) => axis);
  return transpose(w, [...order.slice(0, -2), w.rank - 1, w.rank - 2]);
}

const logAbsDetOperation: Operation<undefined> = {
  name: 'logAbsDet',
  shape: ([w]) => (isSquare(w!) ? w!.slice(0, -2) : notSquare),
  gradient: (node, g) => [
    multiply(reshape(g, [...g.shape, 1, 1]), transposedMatrices(inverse(node.inputs[0]!))),
  ],
};

/** ln|det W| of each square matrix of a stack `[…, n, n]`; its gradient is W⁻ᵀ. */
export function logAbsDet(w: Tensor): Tensor {
  return apply(logAbsDetOperation, [w], undefined) as Tensor;
}

const inverseOperation: Operation<undefined> = {
  name: 'inverse',
  shape: ([w]) => (isSquare(w!) ? w! : notSquare),
  gradient: (node, g) => {
    const y = transposedMatrices(node as Tensor);
    return [negate(products(products(y, g), y))];
  },
};

/** The product of each matrix of a stack `[…, n, n]` with its counterpart in another one of that shape. */
function products(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 2) {
    return product(a, b);
  }
  const [leftStack, rightStack] = [a, b].map((x) =>
    reshape(x, [elementCount(x.shape.slice(0, -2)), ...x.shape.slice(-2)]),
  ) as [Tensor, Tensor];
  return reshape(stackedProduct(leftStack, rightStack), a.shape);
}

/** W⁻¹ of each square matrix of a stack `[…, n, n]`, NaN where W is singular. */
export function inverse(w: Tensor): Tensor {
  return apply(inverseOperation, [w], undefined) as Tensor;
}

const isComplex = (w: Shape): boolean => w.length >= 3 && w[0] === 2 && isSquare(w);
const notComplex = { problem: 'expected the real parts of square matrices, then their imaginary parts' };

const complexLogAbsDetOperation: Operation<undefined> = {
  name: 'complexLogAbsDet',
  shape: ([w]) => (isComplex(w!) ? w!.slice(1, -2) : notComplex),
  // With W⁻¹ = P + iQ and W = A + iB, d ln|det W| = Re tr(W⁻¹·dW) = tr(P·dA) − tr(Q·dB).
  gradient: (node, g) => {
    const w = node.inputs[0]!;
    const conjugate = constant({
      shape: [2, ...w.shape.slice(1).map(() => 1)],
      data: Float64Array.of(1, -1),
    });
    const factors = multiply(conjugate, reshape(g, [1, ...g.shape, 1, 1]));
    return [multiply(factors, transposedMatrices(complexInverse(w)))];
  },
};

/**
 * ln|det W| of complex square matrices W = A + iB, given as `[2, …, n, n]`: all A, then all B. Its gradient
 * with respect to A and B is the real and the imaginary part of W⁻ᴴ.
 */
export function complexLogAbsDet(w: Tensor): Tensor {
  return apply(complexLogAbsDetOperation, [w], undefined) as Tensor;
}

const complexInverseOperation: Operation<undefined> = {
  name: 'complexInverse',
  shape: ([w]) => (isComplex(w!) ? w! : notComplex),
};

/**
 * W⁻¹ of complex square matrices, real and imaginary parts `[2, …, n, n]`, NaN where W is singular; no
 * gradient.
 */
export function complexInverse(w: Tensor): Tensor {
  return apply(complexInverseOperation, [w], undefined) as Tensor;
}
