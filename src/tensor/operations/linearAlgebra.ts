// Determinants and inverses of small matrices, worked out on the host in float64.
//
// ONNX Runtime has Det in float32 only, where it under- and overflows, and neither on a GPU. The matrices are weights,
// at most a few hundred wide, so the host is exact and fast enough.
import { type ComplexInverses, invertComplexMatrices } from '../../numeric/complexMatrices.ts';
import { decompose, invert, type LuDecomposition, logAbsDeterminantOf } from '../../numeric/lu.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { isOpen, type Shape } from '../shape.ts';
import { apply, constant, type Operation, type Tensor } from '../tensor.ts';
import { multiply, negate } from './elementwise.ts';
import { reshape, transpose } from './layout.ts';
import { product } from './product.ts';

const isSquare = (x: Shape): boolean => x.length >= 2 && x.at(-1) === x.at(-2) && !isOpen(x);
const notSquare = { problem: 'the matrices must be square' };

/** Both operations need the same decompositions: they are made once for an array that both are given. */
const known = new WeakMap<NdArray, LuDecomposition[]>();

function decompositionsOf(w: NdArray): LuDecomposition[] {
  let decompositions = known.get(w);
  if (!decompositions) {
    const size = w.shape.at(-1)!;
    const area = size * size;
    decompositions = Array.from({ length: w.data.length / area }, (_, index) =>
      decompose(w.data.subarray(index * area, (index + 1) * area), size),
    );
    known.set(w, decompositions);
  }
  return decompositions;
}

/** Each matrix of a stack transposed. */
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
  host: ([w]) => ({
    shape: w!.shape.slice(0, -2),
    data: Float64Array.from(decompositionsOf(w!), logAbsDeterminantOf),
  }),
};

/** ln|det W| of each square matrix of a stack `[…, n, n]`; its gradient is W⁻ᵀ. */
export function logAbsDet(w: Tensor): Tensor {
  return apply(logAbsDetOperation, [w], undefined) as Tensor;
}

const inverseOperation: Operation<undefined> = {
  name: 'inverse',
  shape: ([w]) => (isSquare(w!) ? w! : notSquare),
  gradient: (node, g) => {
    const y = transpose(node as Tensor);
    return [negate(product(product(y, g), y))];
  },
  host: ([w]) => {
    const data = new Float64Array(w!.data.length);
    decompositionsOf(w!).forEach((decomposition, index) => {
      data.set(invert(decomposition), index * decomposition.size ** 2);
    });
    return { shape: w!.shape, data };
  },
};

/** W⁻¹ of each square matrix of a stack `[…, n, n]`, NaN where W is singular; it has a gradient for one matrix. */
export function inverse(w: Tensor): Tensor {
  return apply(inverseOperation, [w], undefined) as Tensor;
}

const isComplex = (w: Shape): boolean => w.length >= 3 && w[0] === 2 && isSquare(w);
const notComplex = { problem: 'the real parts of square matrices and then their imaginary parts are needed' };

/** The same for complex matrices, whose inverses and determinants one elimination gives. */
const knownComplex = new WeakMap<NdArray, ComplexInverses>();

function complexInversesOf(w: NdArray): ComplexInverses {
  const inverses = knownComplex.get(w) ?? invertComplexMatrices(w.data, w.shape.at(-1)!);
  knownComplex.set(w, inverses);
  return inverses;
}

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
  host: ([w]) => ({ shape: w!.shape.slice(1, -2), data: complexInversesOf(w!).logAbsDets }),
};

/**
 * ln|det W| of complex square matrices W = A + iB, given as `[2, …, n, n]`: A of all and then B of all. Its gradient
 * with respect to A and B is the real and the imaginary part of W⁻ᴴ.
 */
export function complexLogAbsDet(w: Tensor): Tensor {
  return apply(complexLogAbsDetOperation, [w], undefined) as Tensor;
}

const complexInverseOperation: Operation<undefined> = {
  name: 'complexInverse',
  shape: ([w]) => (isComplex(w!) ? w! : notComplex),
  host: ([w]) => ({ shape: w!.shape, data: complexInversesOf(w!).inverses }),
};

/** W⁻¹ of complex square matrices, real and imaginary parts `[2, …, n, n]`, NaN where W is singular; no gradient. */
export function complexInverse(w: Tensor): Tensor {
  return apply(complexInverseOperation, [w], undefined) as Tensor;
}
