// Indices as rows of a matrix: how a permutation that is a parameter enters a product.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const oneHotOperation: Operation<number> = {
  name: 'oneHot',
  shape: ([indices], length) =>
    indices!.length === 1 ? [indices![0]!, length] : { problem: 'a vector is needed' },
  lower: (emit, { attributes: length, inputs: [given] }, [indices]) => {
    const column = emit.node('Reshape', [indices!, emit.integers([given!.shape[0]!, 1])]);
    const all = emit.reals(
      Float64Array.from({ length }, (_, index) => index),
      [1, length],
    );
    // 1 − |index − position|, cut off at 0: in numbers throughout, as WebGPU casts no truth values.
    const distance = emit.node('Abs', [emit.node('Sub', [column, all])]);
    return emit.node('Relu', [emit.node('Sub', [emit.reals(Float64Array.of(1), []), distance])]);
  },
};

/** The matrix `[n, length]` with a 1 at (i, indices[i]) and 0 elsewhere; indices have no gradient. */
export function oneHot(indices: Tensor, length: number): Tensor {
  return apply(oneHotOperation, [indices], length) as Tensor;
}
