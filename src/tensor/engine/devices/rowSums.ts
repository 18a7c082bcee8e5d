// Sums over leading axes, as products with a row of ones.

import type { Emitter } from '../../emitter.ts';
import { elementCount } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';

/** A sum over leading axes, as a sum of the rows of a matrix. */
interface RowSum {
  readonly rows: number;
  /** Negative if the batch is open. */
  readonly columns: number;
}

/** The rows that a tensor is the sum of; undefined if it sums other axes, all of them, or over an open batch. */
export function rowSum({ attributes: axes, inputs, shape }: Tensor<readonly number[]>): RowSum | undefined {
  const inputShape = inputs[0]!.shape;
  const rows = elementCount(inputShape.slice(0, axes.length));
  const isOfRows = axes.every((axis, index) => axis === index) && axes.length < inputShape.length && rows > 1;
  return isOfRows ? { rows, columns: elementCount(shape) } : undefined;
}

/** The sum of the rows of a matrix, `[1, columns]`. */
export function productWithOnes(emit: Emitter, matrix: string, rows: number): string {
  return emit.node('Gemm', [emit.reals(new Float64Array(rows).fill(1), [1, rows]), matrix]);
}
