// Matrix products merged with what their operands are, and with sums of products.
import { multiply, totalOperation } from '../../operations/elementwise.ts';
import { reshape, reshapeSource, transposeSource } from '../../operations/layout.ts';
import { type ProductOptions, product, productOperation } from '../../operations/product.ts';
import { elementCount, isOpen, sameShape } from '../../shape.ts';
import { isComputedBy, type Tensor } from '../../tensor.ts';
import { reshaped, simplerFunction } from './simplerOperations.ts';

/**
 * A matrix product.
 *
 * The transpose of a transpose is its source: ONNX Runtime is slower with a transposed operand.
 *
 * If A is itself `x·scale` per column, the scale is folded into the weights, x·(scale ⊗ B); a scale of B's rows is folded
 * likewise. The scale of an actnorm before a 1x1 convolution then costs no pass over the image. Its shift stays: if a
 * channel varies little around its mean, x·B + shift·B loses float32 digits that (x + shift)·B keeps.
 */
export function simplerProduct(
  a: Tensor,
  b: Tensor,
  { transposeA, transposeB, bias }: ProductOptions,
): Tensor {
  if (!transposeA && !transposeB) {
    // The weights are the smaller matrix.
    const [columns, rows] = isLarger(b, a) ? [undefined, scaledRows(b)] : [scaledColumns(a), undefined];
    if (columns) {
      const scale = reshape(columns.scale, [a.shape[1]!, 1]);
      return simplerProduct(columns.x, simplerFunction(multiply.operation, [scale, b]), { bias });
    }
    if (rows) {
      const scale = reshape(rows.scale, [a.shape[1]!]);
      return simplerProduct(simplerFunction(multiply.operation, [a, scale]), rows.x, { bias });
    }
  }
  const leftFactor = untransposed(a, transposeA);
  const right = untransposed(b, transposeB);
  return product(leftFactor.matrix, right.matrix, {
    transposeA: leftFactor.transposed,
    transposeB: right.transposed,
    bias,
  });
}

/** The matrix behind an operand, and whether it has yet to be transposed. */
function untransposed(operand: Tensor, transposed = false): { matrix: Tensor; transposed: boolean } {
  const source = transposed ? transposeSource(operand) : undefined;
  return source ? { matrix: source, transposed: false } : { matrix: operand, transposed };
}

/** The parts of a matrix that is another matrix times a vector over its columns. */
function scaledColumns(a: Tensor): { x: Tensor; scale: Tensor } | undefined {
  const source = reshapeSource(a) ?? a;
  const [x, scale] = source.inputs;
  if (!isComputedBy(multiply.operation, source) || !x || scale?.rank !== 1) {
    return undefined;
  }
  const isMatrixByVector =
    sameShape(x.shape, source.shape) && scale.shape[0] === a.shape[1] && a.shape[0] !== 1;
  return isMatrixByVector ? { x: reshaped(x, a.shape), scale } : undefined;
}

/** Whether one tensor has more elements than another; with an open batch it has. */
function isLarger({ shape }: Tensor, otherTensor: Tensor): boolean {
  return isOpen(shape) !== isOpen(otherTensor.shape)
    ? isOpen(shape)
    : Math.abs(elementCount(shape)) > Math.abs(elementCount(otherTensor.shape));
}

/** The parts of a matrix that is another matrix times a column over its rows. */
function scaledRows(b: Tensor): { x: Tensor; scale: Tensor } | undefined {
  const source = reshapeSource(b) ?? b;
  const [x, scale] = source.inputs;
  if (!isComputedBy(multiply.operation, source) || !x || !scale || source.rank < 2) {
    return undefined;
  }
  const isMatrixByColumn =
    sameShape(x.shape, source.shape) &&
    source.shape[0] === b.shape[0] &&
    sameShape(
      scale.shape,
      source.shape.map((length, axis) => (axis === 0 ? length : 1)),
    ) &&
    b.shape[1] !== 1;
  return isMatrixByColumn ? { x: reshaped(x, b.shape), scale } : undefined;
}

/**
 * The products that a sum accumulates onto the preceding product while they are computed, instead of
 * afterwards: each with that preceding product. The gradient of weights that are applied to a batch block by
 * block is such a sum.
 *
 * @param isUsedOnce whether a tensor has a single use, which needs its value: the product alone is lost
 */
export function accumulatedProducts(
  order: readonly Tensor[],
  isUsedOnce: (tensor: Tensor) => boolean,
): ReadonlyMap<Tensor, Tensor> {
  const accumulated = new Map<Tensor, Tensor>();
  for (const sum of order.filter((tensor) => isComputedBy(totalOperation, tensor))) {
    sum.inputs.forEach((part, index) => {
      const previous = sum.inputs[index - 1];
      const areProducts =
        isComputedBy(productOperation, part) && previous && isComputedBy(productOperation, previous);
      if (areProducts && part.inputs.length === 2 && isUsedOnce(part)) {
        accumulated.set(part, previous);
      }
    });
  }
  return accumulated;
}
