// Single operations left out or merged with those that they are applied to, and matrix products with their operands and sums.
import { expand, expandOperation, expandSource } from '../../operations/broadcast.ts';
import { add, divide, multiply, negate, subtract, totalOperation } from '../../operations/elementwise.ts';
import {
  concatenate,
  reshape,
  reshapeOperation,
  reshapeSource,
  transposeSource,
  zeroPadded,
} from '../../operations/layout.ts';
import { type ProductOptions, product, productOperation } from '../../operations/linearAlgebra.ts';
import {
  apply,
  broadcastShapes,
  constant,
  constantValue,
  elementCount,
  isComputedBy,
  isOpen,
  type Operation,
  type Shape,
  sameShape,
  type Tensor,
} from '../../tensor.ts';
import { onBatchLast } from './batchLast.ts';

/** The result of an operation that is neither a product nor a sum of gradients. */
export function simpler(
  operation: Operation<unknown>,
  inputs: readonly Tensor[],
  attributes: unknown,
): Tensor {
  if (operation.evaluate) {
    return simplerFunction(operation, inputs);
  }
  const moved = onBatchLast(operation, inputs, attributes, simpler);
  if (moved) {
    return moved;
  }
  if (operation === (expandOperation as Operation<unknown>)) {
    const [x, target] = inputs as [Tensor, Tensor?];
    const shape = attributes as Shape;
    return expand(x, shape, isOpen(shape) ? target : undefined);
  }
  return operation === (reshapeOperation as Operation<unknown>)
    ? reshaped(inputs[0]!, attributes as Shape)
    : apply(operation, inputs, attributes);
}

/** The same elements in another shape; of several reshapes in a row, only the last one remains. */
function reshaped(x: Tensor, shape: Shape): Tensor {
  return reshape(reshapeSource(x) ?? x, shape);
}

/**
 * The operand that is neutral for an operation: on the right, and on the left where the operation has one.
 */
const neutral = new Map<Operation<undefined>, { right: number; left?: number }>([
  [add.operation, { right: 0, left: 0 }],
  [subtract.operation, { right: 0 }],
  [multiply.operation, { right: 1, left: 1 }],
  [divide.operation, { right: 1 }],
]);

/** An elementwise function: folded for plain numbers, left out where it changes nothing. */
function simplerFunction(operation: Operation<unknown>, inputs: readonly Tensor[]): Tensor {
  const numbers = inputs.map(plainNumber);
  if (numbers.every((number) => number !== undefined)) {
    return constant(operation.evaluate!(...numbers));
  }
  const [a, b, ...others] = inputs as [Tensor, Tensor?, ...Tensor[]];
  if (!b || others.length > 0) {
    return onSources(operation, inputs);
  }
  const difference = withoutNegation(operation, a, b);
  if (difference) {
    return difference;
  }
  const neutralElement = neutral.get(operation as Operation<undefined>);
  if (neutralElement && numbers[1] === neutralElement.right) {
    return a;
  }
  if (neutralElement?.left !== undefined && numbers[0] === neutralElement.left) {
    return b;
  }
  return onSources(operation, withoutExpansion(a, b));
}

/** a + (−b) as a − b, and a − (−b) as a + b: the same numbers without a pass over b; undefined for anything else. */
function withoutNegation(operation: Operation<unknown>, a: Tensor, b: Tensor): Tensor | undefined {
  const isNegation = (x: Tensor): boolean => isComputedBy(negate.operation, x);
  const isSum = operation === (add.operation as Operation<unknown>);
  if (isSum && isNegation(b)) {
    return simplerFunction(subtract.operation as Operation<unknown>, [a, b.inputs[0]!]);
  }
  if (isSum && isNegation(a)) {
    return simplerFunction(subtract.operation as Operation<unknown>, [b, a.inputs[0]!]);
  }
  return operation === (subtract.operation as Operation<unknown>) && isNegation(b)
    ? simplerFunction(add.operation as Operation<unknown>, [a, b.inputs[0]!])
    : undefined;
}

/** The value of a constant with one element and no axes. */
function plainNumber(x: Tensor): number | undefined {
  return x.rank === 0 ? constantValue(x)?.data[0] : undefined;
}

/**
 * Moves an elementwise operation before the reshape of its operands, so that no reshape remains between two
 * matrix products.
 */
function onSources(operation: Operation<unknown>, operands: readonly Tensor[]): Tensor {
  const moved = onBatchLast(operation, operands, undefined, simpler);
  if (moved) {
    return moved;
  }
  const { shape } = operands[0]!;
  const sources = operands.flatMap((operand) => reshapeSource(operand) ?? []);
  const agree =
    sources.length === operands.length &&
    operands.every((operand) => sameShape(operand.shape, shape)) &&
    sources.every((source) => sameShape(source.shape, sources[0]!.shape));
  return agree ? reshape(apply(operation, sources, undefined), shape) : apply(operation, operands, undefined);
}

/** The operands without their `expand`, where broadcasting has the same result without the copy. */
function withoutExpansion(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const shape = broadcastShapes(a.shape, b.shape);
  const fits = (leftShape: Shape, right: Shape): boolean => {
    const out = broadcastShapes(leftShape, right);
    return shape !== undefined && out !== undefined && sameShape(out, shape);
  };
  const narrowA = expandSource(a);
  if (narrowA && fits(narrowA.shape, b.shape)) {
    return [narrowA, b];
  }
  const narrowB = expandSource(b);
  return narrowB && fits(a.shape, narrowB.shape) ? [a, narrowB] : [a, b];
}

/** The sum of parts. Zero-padded slices that tile the whole are concatenated instead. */
export function sumParts(parts: readonly Tensor[]): Tensor {
  const plainSum = (terms: readonly Tensor[]): Tensor =>
    terms.reduce((sum, term) => simplerFunction(add.operation, [sum, term]));
  const padded = parts.flatMap((part) => zeroPadded(part) ?? []).sort((a, b) => a.start - b.start);
  if (padded.length < 2) {
    return plainSum(parts);
  }
  const { axis } = padded[0]!;
  const tiles =
    padded.every((part, index) => part.axis === axis && part.start === (padded[index - 1]?.end ?? 0)) &&
    padded.at(-1)!.end === parts[0]!.shape[axis]!;
  if (!tiles) {
    return plainSum(parts);
  }
  const joined = concatenate(
    padded.map((part) => part.inner),
    axis,
  );
  return plainSum([joined, ...parts.filter((part) => !zeroPadded(part))]);
}

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
