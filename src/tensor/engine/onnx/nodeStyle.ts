// Which ONNX nodes a device prefers to the operations' own.
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
