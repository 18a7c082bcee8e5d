// Leaves operations out or merges them with their neighbours, and finds gradients on the way.
import { differentiate } from '../../gradients/gradient.ts';
import { afterOperation, named } from '../../operations/checkpoint.ts';
import { totalOperation } from '../../operations/elementwise.ts';
import {
  type Range,
  reshapeOperation,
  slice,
  sliced,
  transpose,
  transposeSource,
  zeroPadded,
} from '../../operations/layout.ts';
import { productOperation, type Transposition } from '../../operations/linearAlgebra.ts';
import { isComputedBy, isOpen, type Operation, type Tensor } from '../../tensor.ts';
import type { Pass } from './rewrite.ts';
import { accumulatedProducts, simpler, simplerProduct, sumParts } from './simplerOperations.ts';

/**
 * The pass that simplifies, and differentiates what it has simplified; the resulting gradients have yet to be
 * simplified.
 *
 * @param order the tensors, inputs first
 * @param results the tensors whose own values are needed
 * @param protectedTensors the tensors with given values or requested gradients: their uses are preserved
 */
export function simplification(
  order: readonly Tensor[],
  results: readonly Tensor[],
  protectedTensors: ReadonlySet<Tensor>,
): Pass {
  const { uses, waitedFor } = usesAmong(order);
  const needed = new Set([...results, ...protectedTensors]);
  const accumulated = accumulatedProducts(order, (tensor) => uses.get(tensor) === 1 && !needed.has(tensor));
  const others = new Set([...needed, ...waitedFor]);
  const tensorUses = {
    isUsedOnce: (tensor: Tensor) => uses.get(tensor) === 1 && !others.has(tensor),
    isAccumulated: (tensor: Tensor) => accumulated.has(tensor),
  };
  const simplified = (tensor: Tensor, lookup: (tensor: Tensor) => Tensor): Tensor => {
    const inputs = tensor.inputs.map(lookup);
    if (isComputedBy(productOperation, tensor)) {
      const [a, b, bias] = inputs as [Tensor, Tensor, Tensor?];
      const sum = accumulated.get(tensor);
      return simplerProduct(a, b, { ...tensor.attributes, bias: sum ? lookup(sum) : bias });
    }
    if (isComputedBy(totalOperation, tensor)) {
      const sums = new Set(tensor.inputs.flatMap((part) => accumulated.get(part) ?? []));
      return sumParts(tensor.inputs.filter((part) => !sums.has(part)).map(lookup));
    }
    if (isComputedBy(afterOperation, tensor)) {
      const [, ...before] = tensor.inputs;
      const sums = new Set(before.flatMap((part) => accumulated.get(part) ?? []));
      const awaited = before.filter((part) => !sums.has(part)).map((part) => unpadded(lookup(part)));
      return waiting(inputs[0]!, awaited);
    }
    const matrix = transposeSource(tensor);
    if (matrix) {
      return transposedMatrix(matrix, lookup, tensorUses);
    }
    const range = sliced(tensor);
    return range?.axis === 0
      ? slicedRows(tensor.operation, range.source, range, lookup, tensorUses)
      : simpler(tensor.operation, inputs, tensor.attributes);
  };
  return {
    gradients: differentiate,
    make(tensor, lookup) {
      const result = simplified(tensor, lookup);
      return protectedTensors.has(tensor) ? named(result) : result;
    },
  };
}

/** How often the value of each tensor is used, and the tensors that others only wait for. */
function usesAmong(order: readonly Tensor[]): { uses: Map<Tensor, number>; waitedFor: Tensor[] } {
  const uses = new Map<Tensor, number>();
  const waitedFor: Tensor[] = [];
  for (const tensor of order) {
    const [value, ...others] = tensor.inputs;
    const used = isComputedBy(afterOperation, tensor) ? [value!] : tensor.inputs;
    waitedFor.push(...(used === tensor.inputs ? [] : others));
    for (const input of used) {
      uses.set(input, (uses.get(input) ?? 0) + 1);
    }
  }
  return { uses, waitedFor };
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

/** Looks up what a tensor has been simplified to. */
type Lookup = (tensor: Tensor) => Tensor;

/** Facts about the tensors of a graph before they are simplified. */
interface KnownUses {
  /** Whether a tensor has a single use, which needs its value, and is not a result. */
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
function slicedRows(
  cut: Operation<unknown>,
  source: Tensor,
  { start, end }: Pick<Range, 'start' | 'end'>,
  lookup: Lookup,
  tensorUses: KnownUses,
): Tensor {
  const toRowMatrix = (tensor: Tensor): Tensor => {
    const sliceWhole = (): Tensor => simpler(cut, [lookup(tensor)], { axis: 0, start, end });
    if (!tensorUses.isUsedOnce(tensor) || tensorUses.isAccumulated(tensor)) {
      return sliceWhole();
    }
    const [first] = tensor.inputs;
    if (isComputedBy(reshapeOperation, tensor) && first!.shape[0] === tensor.shape[0]) {
      const shape = [end - start, ...tensor.shape.slice(1)];
      return simpler(tensor.operation as Operation<unknown>, [toRowMatrix(first!)], shape);
    }
    if (isPlainProduct(tensor)) {
      const [a, b] = tensor.inputs.map(lookup) as [Tensor, Tensor];
      const { transposeA, transposeB } = tensor.attributes;
      const rows = slice(a, transposeA ? 1 : 0, start, end);
      return simplerProduct(rows, b, { transposeA, transposeB });
    }
    if (isComputedBy(totalOperation, tensor) && !tensor.inputs.some(tensorUses.isAccumulated)) {
      return sumParts(tensor.inputs.map(toRowMatrix));
    }
    const padding = zeroPadded(tensor);
    return padding && padding.axis > 0
      ? simpler(tensor.operation, [toRowMatrix(padding.inner)], tensor.attributes)
      : sliceWhole();
  };
  return toRowMatrix(source);
}

/**
 * The transpose of a matrix. For a weight gradient (a product along pixels, or a sum of such products) it is computed
 * directly if that isn't slower.
 */
function transposedMatrix(source: Tensor, lookup: Lookup, tensorUses: KnownUses): Tensor {
  const [rows, columns] = source.shape as [number, number];
  const parts = isComputedBy(totalOperation, source) ? source.inputs : [source];
  const isAlongPixels = (part: Tensor): part is Tensor<Transposition> =>
    isPlainProduct(part) && isLongerThan(innerLength(part), Math.max(rows, columns));
  const isWanted = !isOpen(source.shape) && costAlongPixels(columns, rows) <= costAlongPixels(rows, columns);
  if (!isWanted || !parts.every(isAlongPixels) || ![source, ...parts].every(tensorUses.isUsedOnce)) {
    return transpose(lookup(source));
  }
  return parts.reduce<Tensor | undefined>((bias, part) => {
    const [a, b] = part.inputs.map(lookup) as [Tensor, Tensor];
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
  return isComputedBy(productOperation, tensor) && tensor.inputs.length === 2;
}

/** The length that a product sums over. */
function innerLength({ inputs: [a], attributes: { transposeA } }: Tensor<Transposition>): number {
  return a!.shape[transposeA ? 0 : 1]!;
}

/** Whether a length is greater than another; an open batch's is. */
function isLongerThan(length: number, otherLength: number): boolean {
  return length < 0 || length > otherLength;
}
