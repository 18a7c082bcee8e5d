// Indices as one-hot rows of a matrix: lets a permutation that is a parameter enter a product.
import { apply, type Operation, onnxShape, scalar, type Tensor } from '../tensor.ts';

const oneHotOperation: Operation<number> = {
  name: 'oneHot',
  shape: ([indices], length) =>
    indices!.length === 1 ? [indices![0]!, length] : { problem: 'it must be a vector' },
  nodes(emit, { attributes: length, shape }, [indices]) {
    const column = emit.node('Reshape', [indices!, emit.integers(onnxShape([shape[0]!, 1]))]);
    const classNumbers = emit.reals(
      Float64Array.from({ length }, (_, index) => index),
      [1, length],
    );
    // 1 − |index − position|, clipped at 0: numbers throughout, as WebGPU does not cast booleans.
    const distance = emit.node('Abs', [emit.node('Sub', [column, classNumbers])]);
    return emit.node('Relu', [emit.node('Sub', [scalar(emit, 1), distance])]);
  },
};

/** The matrix `[n, length]` with a 1 at (i, indices[i]) and 0 elsewhere; indices have no gradient. */
export function oneHot(indices: Tensor, length: number): Tensor {
  return apply(oneHotOperation, [indices], length) as Tensor;
}
