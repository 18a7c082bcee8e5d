// Indices as rows of a matrix: how a permutation that is a parameter enters a product.
import { apply, type Operation, type Tensor } from '../tensor.ts';

/** The codes that ONNX gives to its number types. */
const ONNX_TYPE = { float32: 1, float64: 11 } as const;

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
    return emit.node('Cast', [emit.node('Equal', [column, all])], { to: ONNX_TYPE[emit.precision] });
  },
};

/** The matrix `[n, length]` with a 1 at (i, indices[i]) and 0 elsewhere; indices have no gradient. */
export function oneHot(indices: Tensor, length: number): Tensor {
  return apply(oneHotOperation, [indices], length) as Tensor;
}
