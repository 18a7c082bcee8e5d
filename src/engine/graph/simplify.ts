// Leaves operations out or merges them with their neighbours, and finds gradients on the way.
import { differentiate } from '../../tensor/gradient.ts';
import { expandSource } from '../../tensor/operations/broadcast.ts';
import { afterOperation, named } from '../../tensor/operations/checkpoint.ts';
import { add, divide, multiply, subtract, totalOperation } from '../../tensor/operations/elementwise.ts';
import {
  concatenate,
  pad,
  reshape,
  reshapeOperation,
  reshapeSource,
  slice,
  sliced,
  transpose,
  transposeSource,
  zeroPadded,
} from '../../tensor/operations/layout.ts';
import {
  type ProductOptions,
  product,
  productOperation,
  type Transposition,
} from '../../tensor/operations/product.ts';
import { broadcastShapes, type Shape, sameShape } from '../../tensor/shape.ts';
import {
  apply,
  constant,
  constantValue,
  isResultOf,
  type Operation,
  type Tensor,
} from '../../tensor/tensor.ts';
import { onBatchLast } from './batchLast.ts';
import type { Pass } from './rewrite.ts';

/**
 * The pass that simplifies, and differentiates what it has simplified; the resulting gradients have yet to be
 * simplified.
 *
 * @param kept the tensors for which values are given or gradients asked: what uses them still does
 */
export function simplification(order: readonly Tensor[], kept: ReadonlySet<Tensor>): Pass {
  const uses = usesAmong(order);
  const accumulated = accumulatedProducts(order, uses);
  /**
   * Positions along the first axis of a tensor: where they are all that is used of it, its other rows are not computed. The
   * gradient with respect to shifted copies has such rows, for those of the inside.
   */
  const rowsOf = (tensor: Tensor, start: number, end: number, of: (tensor: Tensor) => Tensor): Tensor => {
    const whole = () => slice(of(tensor), 0, start, end);
    if (uses.get(tensor) !== 1 || kept.has(tensor) || accumulated.has(tensor)) {
      return whole();
    }
    const same = (part: Tensor): Tensor => rowsOf(part, start, end, of);
    const [first] = tensor.inputs;
    if (isResultOf(reshapeOperation, tensor) && first!.shape[0] === tensor.shape[0]) {
      return reshaped(same(first!), [end - start, ...tensor.shape.slice(1)]);
    }
    if (isResultOf(productOperation, tensor) && tensor.inputs.length === 2) {
      const { transposeA, transposeB } = tensor.attributes;
      const a = slice(of(first!), transposeA ? 1 : 0, start, end);
      return simplerProduct(a, of(tensor.inputs[1]!), { transposeA, transposeB });
    }
    if (isResultOf(totalOperation, tensor) && tensor.inputs.every((part) => !accumulated.has(part))) {
      return sumOf(tensor.inputs.map(same));
    }
    const padding = zeroPadded(tensor);
    if (padding && padding.axis > 0) {
      const { inner, axis } = padding;
      return pad(same(inner), axis, padding.start, tensor.shape[axis]! - padding.end);
    }
    return whole();
  };
  /**
   * The transpose of a matrix; that of a product, or of products' sum, as such a product, unless its right operand would
   * then be the larger one: ONNX Runtime packs the right operand.
   */
  const transposedOf = (tensor: Tensor, of: (tensor: Tensor) => Tensor): Tensor => {
    const [rows, columns] = tensor.shape as [number, number];
    const parts = isResultOf(totalOperation, tensor) ? tensor.inputs : [tensor];
    const isComputedAnew = [tensor, ...parts].every((part) => uses.get(part) === 1 && !kept.has(part));
    if (rows > columns || !isComputedAnew || !parts.every(isPlainProduct)) {
      return transpose(of(tensor));
    }
    return parts.reduce<Tensor | undefined>((bias, part) => {
      const [a, b] = part.inputs.map(of) as [Tensor, Tensor];
      const { transposeA, transposeB } = (part as Tensor<Transposition>).attributes;
      return simplerProduct(b, a, { transposeA: !transposeB, transposeB: !transposeA, bias });
    }, undefined)!;
  };
  const simplified = (tensor: Tensor, of: (tensor: Tensor) => Tensor): Tensor => {
    const inputs = tensor.inputs.map(of);
    if (isResultOf(productOperation, tensor)) {
      const [a, b, own] = inputs as [Tensor, Tensor, Tensor?];
      const sum = accumulated.get(tensor);
      return simplerProduct(a, b, { ...tensor.attributes, bias: sum ? of(sum) : own });
    }
    if (isResultOf(totalOperation, tensor)) {
      const sums = new Set(tensor.inputs.flatMap((part) => accumulated.get(part) ?? []));
      return sumOf(tensor.inputs.filter((part) => !sums.has(part)).map(of));
    }
    const transposition = transposeSource(tensor);
    if (transposition) {
      return transposedOf(transposition, of);
    }
    const range = sliced(tensor);
    if (range?.axis === 0) {
      return rowsOf(range.source, range.start, range.end, of);
    }
    if (isResultOf(afterOperation, tensor)) {
      const [, ...others] = tensor.inputs;
      const sums = new Set(others.flatMap((part) => accumulated.get(part) ?? []));
      const left = others.filter((part) => !sums.has(part)).map((part) => unpadded(of(part)));
      return waiting(inputs[0]!, left);
    }
    return simpler(tensor.operation, inputs, tensor.attributes);
  };
  return {
    gradients: differentiate,
    make(tensor, of) {
      const result = simplified(tensor, of);
      return kept.has(tensor) ? named(result) : result;
    },
  };
}

/** The result of an operation that has no rule of its own here. */
function simpler(operation: Operation<unknown>, inputs: readonly Tensor[], attributes: unknown): Tensor {
  if (operation.evaluate) {
    return simplerFunction(operation, inputs);
  }
  const moved = onBatchLast(operation, inputs, attributes, simpler);
  if (moved) {
    return moved;
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
  const [a, b] = inputs as [Tensor, Tensor?];
  if (!b) {
    return onSources(operation, inputs);
  }
  const same = neutral.get(operation as Operation<undefined>);
  if (same && numbers[1] === same.right) {
    return a;
  }
  if (same?.left !== undefined && numbers[0] === same.left) {
    return b;
  }
  return onSources(operation, withoutExpansion(a, b));
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
  const fits = (left: Shape, right: Shape): boolean => {
    const out = broadcastShapes(left, right);
    return shape !== undefined && out !== undefined && sameShape(out, shape);
  };
  const narrowA = expandSource(a);
  if (narrowA && fits(narrowA.shape, b.shape)) {
    return [narrowA, b];
  }
  const narrowB = expandSource(b);
  return narrowB && fits(a.shape, narrowB.shape) ? [a, narrowB] : [a, b];
}

/**
 * A matrix product.
 *
 * The transpose of a transpose is its source: ONNX Runtime is slower with a transposed operand.
 *
 * If A is itself `x·scale` per column, the scale is folded into the weights, x·(scale ⊗ B), and likewise that of the rows
 * of B: the scale of an actnorm before a 1x1 convolution costs no pass over the image. Its shift stays in place: where a channel
 * varies little around its mean, x·B + shift·B would lose in float32 what (x + shift)·B keeps.
 */
function simplerProduct(a: Tensor, b: Tensor, { transposeA, transposeB, bias }: ProductOptions): Tensor {
  const scaled = !transposeA && !transposeB ? scaledColumns(a) : undefined;
  if (scaled) {
    const scale = reshape(scaled.scale, [scaled.scale.shape[0]!, 1]);
    return simplerProduct(scaled.x, simplerFunction(multiply.operation, [scale, b]), { bias });
  }
  const scaledB = !transposeA && !transposeB ? scaledRows(b) : undefined;
  if (scaledB) {
    const scale = reshape(scaledB.scale, [a.shape[1]!]);
    return simplerProduct(simplerFunction(multiply.operation, [a, scale]), scaledB.x, { bias });
  }
  const left = untransposed(a, transposeA);
  const right = untransposed(b, transposeB);
  return product(left.matrix, right.matrix, {
    transposeA: left.transposed,
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
  if (!isResultOf(multiply.operation, source) || !x || scale?.rank !== 1) {
    return undefined;
  }
  const isMatrixByVector =
    sameShape(x.shape, source.shape) && scale.shape[0] === a.shape[1] && a.shape[0] !== 1;
  return isMatrixByVector ? { x: reshaped(x, a.shape), scale } : undefined;
}

/** Whether a tensor is a product without a bias. */
function isPlainProduct(tensor: Tensor): boolean {
  return isResultOf(productOperation, tensor) && tensor.inputs.length === 2;
}

/** How often the value of each tensor is used. */
function usesAmong(order: readonly Tensor[]): ReadonlyMap<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const tensor of order) {
    // A tensor that only waits for a product does not use its value.
    const used = isResultOf(afterOperation, tensor) ? tensor.inputs.slice(0, 1) : tensor.inputs;
    for (const input of used) {
      uses.set(input, (uses.get(input) ?? 0) + 1);
    }
  }
  return uses;
}

/** The parts of a matrix that is another matrix times a column over its rows. */
function scaledRows(b: Tensor): { x: Tensor; scale: Tensor } | undefined {
  const source = reshapeSource(b) ?? b;
  const [x, scale] = source.inputs;
  if (!isResultOf(multiply.operation, source) || !x || !scale || source.rank < 2) {
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
 */
function accumulatedProducts(
  order: readonly Tensor[],
  uses: ReadonlyMap<Tensor, number>,
): ReadonlyMap<Tensor, Tensor> {
  const accumulated = new Map<Tensor, Tensor>();
  for (const sum of order.filter((tensor) => isResultOf(totalOperation, tensor))) {
    sum.inputs.forEach((part, index) => {
      const previous = sum.inputs[index - 1];
      const areProducts =
        isResultOf(productOperation, part) && previous && isResultOf(productOperation, previous);
      if (areProducts && part.inputs.length === 2 && uses.get(part) === 1) {
        accumulated.set(part, previous);
      }
    });
  }
  return accumulated;
}

/** The sum of parts. Zero-padded slices that tile the whole are concatenated instead. */
function sumOf(parts: readonly Tensor[]): Tensor {
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
  const whole = concatenate(
    padded.map((part) => part.inner),
    axis,
  );
  return plainSum([whole, ...parts.filter((part) => !zeroPadded(part))]);
}

/** The source of a padding in place of the padding: waiting for it is enough. */
function unpadded(x: Tensor): Tensor {
  return zeroPadded(x)?.inner ?? x;
}

/** `x`, after everything worth waiting for has been computed. */
function waiting(x: Tensor, others: readonly Tensor[]): Tensor {
  const computed = [...new Set(others)].filter(({ inputs }) => inputs.length > 0);
  return computed.length === 0
    ? x
    : simpler(afterOperation as Operation<unknown>, [x, ...computed], undefined);
}
