// Which ONNX nodes a device prefers to those of the operations.
import type { Emitter } from '../../emitter.ts';
import type { Nodes, Tensor } from '../../tensor.ts';

/** Nodes by the names of operations. */
export type Operators = Readonly<Record<string, Nodes<never>>>;

/** Emits the operation's own nodes, which every device has. */
export function plainNodes<A>(emit: Emitter, node: Tensor<A>, inputs: readonly string[]): string {
  return node.operation.nodes!(emit, node, inputs);
}

/** The nodes that a device prefers. */
export interface NodeStyle {
  /** The operations for which the device has better nodes than the operation itself. */
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
