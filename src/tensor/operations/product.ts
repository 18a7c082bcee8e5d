// The product of matrices: what everything heavy becomes.
import { sameShape, showShape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { multiply } from './elementwise.ts';
import { reshape, reshapeSource, transpose, transposeSource } from './layout.ts';
import { sumTo } from './reduce.ts';

interface Transposition {
  transposeA: boolean;
  transposeB: boolean;
}

const productOperation: Operation<Transposition> = {
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
  lower: (emit, { attributes: { transposeA, transposeB }, inputs: [, , bias] }, [a, b, added]) => {
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    // ONNX Runtime's CPU provider spreads a column over the result with one thread, before the product reads it again.
    const isColumn = bias?.rank === 2 && bias.shape[1] === 1;
    return isColumn
      ? emit.node('Add', [emit.node('Gemm', [a!, b!], attributes), added!])
      : emit.node('Gemm', added === undefined ? [a!, b!] : [a!, b!, added], attributes);
  },
};

/**
 * A·B + bias for matrices, each optionally transposed; the bias is a vector over the columns, a column over the rows
 * or a whole matrix.
 *
 * The transposed of what is a transposition already is its source: ONNX Runtime is slower with a transposed operand.
 *
 * Where A is itself `x·scale` per column, the scale goes into the weights, x·(scale ⊗ B): that of an actnorm before a
 * 1x1 convolution costs no pass over the image. Its shift stays where it is: where a channel hardly varies around its
 * mean, x·B + shift·B would lose in float32 what (x + shift)·B keeps.
 */
export function product(
  a: Tensor,
  b: Tensor,
  options: { transposeA?: boolean; transposeB?: boolean; bias?: Tensor | undefined } = {},
): Tensor {
  const left = untransposed(a, options.transposeA);
  const right = untransposed(b, options.transposeB);
  const transposition = { transposeA: left.transposed, transposeB: right.transposed };
  const { bias } = options;
  // Checked before anything is folded in: broadcasting would let shapes through that do not fit.
  const inputs = [left.matrix, right.matrix, ...(bias ? [bias] : [])];
  const plain = apply(productOperation, inputs, transposition) as Tensor;
  const scaled = !options.transposeA && !options.transposeB ? perColumn(a) : undefined;
  if (scaled) {
    const weights = multiply(reshape(scaled.scale, [scaled.scale.shape[0]!, 1]), b);
    return product(scaled.x, weights, { bias });
  }
  return plain;
}

/** The matrix that an operand is given by, and whether it is still to be transposed. */
function untransposed(operand: Tensor, transposed = false): { matrix: Tensor; transposed: boolean } {
  const source = transposed ? transposeSource(operand) : undefined;
  return source ? { matrix: source, transposed: false } : { matrix: operand, transposed };
}

/**
 * The sum of two products of matrices as one that adds to the other, undefined where `next` is no product without a
 * bias or `sum` no product: the filter gradient of a batch that is worked on block by block.
 */
export function accumulated(sum: Tensor, next: Tensor): Tensor | undefined {
  const [, , bias] = next.inputs;
  const transposition = productTransposition(next);
  return transposition && productTransposition(sum) && !bias
    ? (apply(productOperation, [...next.inputs, sum], transposition) as Tensor)
    : undefined;
}

/** What a matrix is where it is another one times a vector over its columns. */
function perColumn(a: Tensor): { x: Tensor; scale: Tensor } | undefined {
  const source = reshapeSource(a) ?? a;
  const [x, scale] = source.inputs;
  if (source.operation.name !== 'multiply' || !x || scale?.rank !== 1) {
    return undefined;
  }
  const isMatrixByVector =
    sameShape(x.shape, source.shape) && a.rank === 2 && scale.shape[0] === a.shape[1] && a.shape[0] !== 1;
  return isMatrixByVector ? { x: reshape(x, a.shape), scale } : undefined;
}

/** Which sides of a product are transposed; undefined for any other tensor. */
export function productTransposition(x: Tensor): Transposition | undefined {
  return x.operation === (productOperation as Operation<unknown>)
    ? (x.attributes as Transposition)
    : undefined;
}

const stackedProductOperation: Operation<undefined> = {
  name: 'stackedProduct',
  shape: ([a, b]) =>
    a!.length === 3 && b!.length === 3 && a![0] === b![0] && a![2] === b![1]
      ? [a![0]!, a![1]!, b![2]!]
      : { problem: 'stacks of as many matrices with the same inner length are needed' },
  gradient: (node, g) => {
    const [a, b] = node.inputs as [Tensor, Tensor];
    return [stackedProduct(g, transpose(b, [0, 2, 1])), stackedProduct(transpose(a, [0, 2, 1]), g)];
  },
  lower: (emit, _, inputs) => emit.node('MatMul', inputs),
};

/** The product of each matrix of a stack `[S, m, k]` with that of another `[S, k, n]`. */
export function stackedProduct(a: Tensor, b: Tensor): Tensor {
  return apply(stackedProductOperation, [a, b], undefined) as Tensor;
}
