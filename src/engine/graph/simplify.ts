// Leaves operations out or merges them with their neighbours, and finds gradients on the way.
import { differentiate } from '../../tensor/gradients/gradient.ts';
import { afterOperation, named } from '../../tensor/operations/checkpoint.ts';
import { totalOperation } from '../../tensor/operations/elementwise.ts';
import { sliced, transposeSource, zeroPadded } from '../../tensor/operations/layout.ts';
import { productOperation } from '../../tensor/operations/product.ts';
import { isResultOf, type Operation, type Tensor } from '../../tensor/tensor.ts';
import { slicedRows, transposedMatrix } from './neededParts.ts';
import type { Pass } from './rewrite.ts';
import { simpler, sumOf } from './simplerOperations.ts';
import { accumulatedProducts, simplerProduct } from './simplerProducts.ts';

/**
 * The pass that simplifies, and differentiates what it has simplified; the resulting gradients have yet to be
 * simplified.
 *
 * @param order the tensors, inputs first
 * @param results the tensors whose own values are needed
 * @param kept the tensors with given values or requested gradients: their uses are preserved
 */
export function simplification(
  order: readonly Tensor[],
  results: readonly Tensor[],
  kept: ReadonlySet<Tensor>,
): Pass {
  const { uses, waitedFor } = usesAmong(order);
  const accumulated = accumulatedProducts(order, uses);
  const others = new Set([...results, ...kept, ...waitedFor]);
  const known = {
    isUsedOnce: (tensor: Tensor) => uses.get(tensor) === 1 && !others.has(tensor),
    isAccumulated: (tensor: Tensor) => accumulated.has(tensor),
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
    if (isResultOf(afterOperation, tensor)) {
      const [, ...before] = tensor.inputs;
      const sums = new Set(before.flatMap((part) => accumulated.get(part) ?? []));
      const left = before.filter((part) => !sums.has(part)).map((part) => unpadded(of(part)));
      return waiting(inputs[0]!, left);
    }
    const matrix = transposeSource(tensor);
    if (matrix) {
      return transposedMatrix(matrix, of, known);
    }
    const range = sliced(tensor);
    return range?.axis === 0
      ? slicedRows(tensor.operation, range.source, range, of, known)
      : simpler(tensor.operation, inputs, tensor.attributes);
  };
  return {
    gradients: differentiate,
    make(tensor, of) {
      const result = simplified(tensor, of);
      return kept.has(tensor) ? named(result) : result;
    },
  };
}

/** How often the value of each tensor is used, and the tensors that others only wait for. */
function usesAmong(order: readonly Tensor[]): { uses: Map<Tensor, number>; waitedFor: Tensor[] } {
  const uses = new Map<Tensor, number>();
  const waitedFor: Tensor[] = [];
  for (const tensor of order) {
    const [value, ...others] = tensor.inputs;
    const used = isResultOf(afterOperation, tensor) ? [value!] : tensor.inputs;
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
