// From a graph of tensors to an ONNX model.
import type { NdArray } from '../numeric/ndarray.ts';
import type { Precision } from '../tensor/emitter.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { topologicalOrder } from '../tensor/traversal.ts';
import { OnnxBuilder } from './onnx.ts';

/** What to lower: tensors by name, and those whose values are fixed already. */
export interface Lowering {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly known: ReadonlyMap<Tensor, NdArray>;
  readonly precision: Precision;
  /** Whether tensors wait for others where they are to; by default no order is kept to that is not needed. */
  readonly waits?: boolean;
  /** The outputs that are to be of type uint8; their values must be 0..255. */
  readonly bytes?: readonly string[];
}

/**
 * The ONNX model that computes `outputs` from `inputs`. ONNX Runtime runs the nodes in an order of its own; what no
 * output needs is left out.
 */
export function lower({
  inputs,
  outputs,
  known,
  precision,
  bytes = [],
  waits = false,
}: Lowering): Uint8Array {
  const emit = new OnnxBuilder(precision, { waits });
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(inputs)) {
    emit.input(name, tensor.shape);
    names.set(tensor, name);
  }
  for (const tensor of topologicalOrder(
    Object.values(outputs),
    (node) => names.has(node) || known.has(node),
  )) {
    const value = known.get(tensor);
    if (names.has(tensor)) {
      continue;
    }
    if (value) {
      names.set(tensor, emit.reals(value.data, tensor.shape));
    } else if (tensor.operation.lower) {
      const operands = tensor.inputs.map((input) => names.get(input)!);
      const name = tensor.operation.lower(emit, tensor, operands);
      emit.describe(name, tensor.shape);
      names.set(tensor, name);
    } else {
      throw new Error(`the operation ${tensor.operation.name} has no lowering to ONNX`);
    }
  }
  for (const [name, tensor] of Object.entries(outputs)) {
    emit.output(name, names.get(tensor)!, tensor.shape, { bytes: bytes.includes(name) });
  }
  return emit.build();
}
