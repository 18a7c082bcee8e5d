// Determinants and inverses of small matrices, worked out on the host in float64.
//
// ONNX Runtime has Det in float32 only, where it under- and overflows, and neither on a GPU. The matrices are weights,
// at most a few hundred wide, so the host is exact and fast enough.
import { inverse as invertMatrix, logAbsDeterminant } from '../../numeric/linearAlgebra.ts';
import type { Shape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { multiply, negate } from './elementwise.ts';
import { transpose } from './layout.ts';
import { product } from './product.ts';

const square = (x: Shape): boolean => x.length === 2 && x[0] === x[1];
const notSquare = { problem: 'the matrix must be square' };

const logAbsDetOperation: Operation<undefined> = {
  name: 'logAbsDet',
  shape: ([w]) => (square(w!) ? [] : notSquare),
  gradient: (node, g) => [multiply(g, transpose(inverse(node.inputs[0]!)))],
  host: ([w]) => ({ shape: [], data: Float64Array.of(logAbsDeterminant(w!.data, w!.shape[0]!)) }),
};

/** ln|det W| of a square matrix; its gradient is W⁻ᵀ. */
export function logAbsDet(w: Tensor): Tensor {
  return apply(logAbsDetOperation, [w], undefined) as Tensor;
}

const inverseOperation: Operation<undefined> = {
  name: 'inverse',
  shape: ([w]) => (square(w!) ? w! : notSquare),
  gradient: (node, g) => {
    const y = node as Tensor;
    return [negate(product(product(y, g, { transposeA: true }), y, { transposeB: true }))];
  },
  host: ([w]) => ({ shape: w!.shape, data: invertMatrix(w!.data, w!.shape[0]!) }),
};

/** W⁻¹ of a square matrix; NaN where W is singular. */
export function inverse(w: Tensor): Tensor {
  return apply(inverseOperation, [w], undefined) as Tensor;
}
