// Indices as one-hot rows of a matrix: lets a permutation that is a parameter enter a product.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const oneHotOperation: Operation<number> = {
  name: 'oneHot',
  shape: ([indices], length) =>
    indices!.length === 1 ? [indices![0]!, length] : { problem: 'it must be a vector' },
};

/** The matrix `[n, length]` with a 1 at (i, indices[i]) and 0 elsewhere; indices have no gradient. */
export function oneHot(indices: Tensor, length: number): Tensor {
  return apply(oneHotOperation, [indices], length) as Tensor;
}
