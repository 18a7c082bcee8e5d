// The matrix product: everything expensive is lowered to it.
import { sameShape, showShape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { sumTo } from './broadcast.ts';
import { transpose } from './layout.ts';

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
