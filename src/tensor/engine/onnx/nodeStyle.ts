// Which ONNX nodes a device prefers to the operations' own, and sums of rows.
import { type Emitter, elementCount, type Nodes, type Tensor } from '../../tensor.ts';

/** Nodes by the names of operations. */
export type Operators = Readonly<Record<string, Nodes<never>>>;

/** Emits the operation's own nodes, which every device has. */
export function plainNodes<A>(emit: Emitter, node: Tensor<A>, inputs: readonly string[]): string {
  return node.operation.nodes!(emit, node, inputs);
}

/** The nodes that a device prefers. */
export interface NodeStyle {
  /** Better nodes for this device than the operations' own. */
  readonly operators: Operators;
  /**
   * Whether nodes wait for others that they do not need, so that memory is freed early: for a runtime that
   * does not keep to a given order.
   */
  readonly waits: boolean;
  /**
   * Into how many parts one node splits a tensor where its slices make up the whole; undefined if every slice is a node of
   * its own.
   */
  readonly parts?: { readonly least: number; readonly most: number };
}

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
