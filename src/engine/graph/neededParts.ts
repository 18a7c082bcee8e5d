// Avoids whole matrix products: computes only the rows needed, or the transpose directly.
import { totalOperation } from '../../tensor/operations/elementwise.ts';
import {
  type Range,
  reshapeOperation,
  slice,
  transpose,
  zeroPadded,
} from '../../tensor/operations/layout.ts';
import { productOperation, type Transposition } from '../../tensor/operations/product.ts';
import { isOpen } from '../../tensor/shape.ts';
import { isResultOf, type Operation, type Tensor } from '../../tensor/tensor.ts';
import { simpler, sumOf } from './simplerOperations.ts';
import { simplerProduct } from './simplerProducts.ts';

/** Looks up what a tensor has been simplified to. */
type Lookup = (tensor: Tensor) => Tensor;

/** What is known of the tensors of a graph before they are simplified. */
export interface KnownUses {
  /** Whether a tensor has a single use, which needs its value, and is no result. */
  isUsedOnce(tensor: Tensor): boolean;
  /** Whether a sum accumulates a product onto another one. */
  isAccumulated(tensor: Tensor): boolean;
}

/**
 * A slice along the first axis. If nothing else uses a product, its other rows are not computed. For example, a gradient
 * with respect to shifted copies of an image needs only the rows of its interior.
 *
 * @param cut the operation of the slice
 */
export function slicedRows(
  cut: Operation<unknown>,
  source: Tensor,
  { start, end }: Pick<Range, 'start' | 'end'>,
  of: Lookup,
  known: KnownUses,
): Tensor {
  const rowsOf = (tensor: Tensor): Tensor => {
    const whole = (): Tensor => simpler(cut, [of(tensor)], { axis: 0, start, end });
    if (!known.isUsedOnce(tensor) || known.isAccumulated(tensor)) {
      return whole();
    }
    const [first] = tensor.inputs;
    if (isResultOf(reshapeOperation, tensor) && first!.shape[0] === tensor.shape[0]) {
      const shape = [end - start, ...tensor.shape.slice(1)];
      return simpler(tensor.operation as Operation<unknown>, [rowsOf(first!)], shape);
    }
    if (isPlainProduct(tensor)) {
      const [a, b] = tensor.inputs.map(of) as [Tensor, Tensor];
      const { transposeA, transposeB } = tensor.attributes;
      const rows = slice(a, transposeA ? 1 : 0, start, end);
      return simplerProduct(rows, b, { transposeA, transposeB });
    }
    if (isResultOf(totalOperation, tensor) && !tensor.inputs.some(known.isAccumulated)) {
      return sumOf(tensor.inputs.map(rowsOf));
    }
    const padding = zeroPadded(tensor);
    return padding && padding.axis > 0
      ? simpler(tensor.operation, [rowsOf(padding.inner)], tensor.attributes)
      : whole();
  };
  return rowsOf(source);
}

/**
 * The transpose of a matrix. For a weight gradient (a product along pixels, or a sum of such products) it is computed
 * directly if that isn't slower.
 */
export function transposedMatrix(source: Tensor, of: Lookup, known: KnownUses): Tensor {
  const [rows, columns] = source.shape as [number, number];
  const parts = isResultOf(totalOperation, source) ? source.inputs : [source];
  const isAlongPixels = (part: Tensor): part is Tensor<Transposition> =>
    isPlainProduct(part) && isLongerThan(innerLength(part), Math.max(rows, columns));
  const isWanted = !isOpen(source.shape) && costAlongPixels(columns, rows) <= costAlongPixels(rows, columns);
  if (!isWanted || !parts.every(isAlongPixels) || ![source, ...parts].every(known.isUsedOnce)) {
    return transpose(of(source));
  }
  return parts.reduce<Tensor | undefined>((bias, part) => {
    const [a, b] = part.inputs.map(of) as [Tensor, Tensor];
    const { transposeA, transposeB } = part.attributes;
    return simplerProduct(b, a, { transposeA: !transposeB, transposeB: !transposeA, bias });
  }, undefined)!;
}

/** ONNX Runtime multiplies so many columns at a time. */
const COLUMNS = 16;

/** Packing a number of the right operand takes as long as so many multiplications. */
const PACKING = 5.2;

/** What a product of two matrices along their rows takes for each number of a row, in multiplications. */
function costAlongPixels(leftRows: number, rightRows: number): number {
  return leftRows * COLUMNS * Math.ceil(rightRows / COLUMNS) + PACKING * rightRows;
}

/** Whether a tensor is a product without a bias. */
function isPlainProduct(tensor: Tensor): tensor is Tensor<Transposition> {
  return isResultOf(productOperation, tensor) && tensor.inputs.length === 2;
}

/** The length that a product sums over. */
function innerLength({ inputs: [a], attributes: { transposeA } }: Tensor<Transposition>): number {
  return a!.shape[transposeA ? 0 : 1]!;
}

/** Whether a length is greater than another; that of an open batch is. */
function isLongerThan(length: number, other: number): boolean {
  return length < 0 || length > other;
}
