// From a graph of tensors to an ONNX model.
import type { NdArray } from '../../numeric/ndarray.ts';
import { afterOperation } from '../../tensor/operations/checkpoint.ts';
import { fixedPointOperation } from '../../tensor/operations/fixedPoint.ts';
import { isMadeBy, type Tensor } from '../../tensor/tensor.ts';
import { topologicalOrder } from '../../tensor/traversal.ts';
import { OnnxBuilder } from './builder.ts';
import type { Precision } from './emitter.ts';
import { type NodeStyle, plainOperators } from './operators.ts';

/** What to lower: tensors by name, and those whose values are fixed already. */
export interface Lowering {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly known: ReadonlyMap<Tensor, NdArray>;
  readonly precision: Precision;
  /** Which nodes operations become, and whether some are made to wait for others. */
  readonly style: NodeStyle;
  /** The outputs that are to be of type uint8; their values must be 0..255. */
  readonly bytes?: readonly string[];
}

/**
 * The ONNX model that computes `outputs` from `inputs`, of a graph that is prepared for the device. ONNX Runtime runs the
 * nodes in an order of its own; what no output needs is left out.
 *
 * @throws Error if an operation has no ONNX nodes
 */
export function lower({ inputs, outputs, known, precision, style, bytes = [] }: Lowering): Uint8Array {
  const emit = new OnnxBuilder(precision);
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(inputs)) {
    emit.input(name, tensor.shape);
    names.set(tensor, name);
  }
  const atHand = (node: Tensor): boolean => names.has(node) || known.has(node);
  for (const tensor of topologicalOrder(Object.values(outputs), atHand)) {
    const value = known.get(tensor);
    if (names.has(tensor)) {
      continue;
    }
    if (value) {
      names.set(tensor, emit.reals(value.data, tensor.shape));
    } else {
      const name = emitNode(emit, tensor, names, style);
      emit.describe(name, tensor.shape);
      names.set(tensor, name);
    }
  }
  for (const [name, tensor] of Object.entries(outputs)) {
    emit.output(name, names.get(tensor)!, tensor.shape, { bytes: bytes.includes(name) });
  }
  return emit.build();
}

/** Emits the nodes of a tensor whose inputs have names, and returns the name of the result. */
function emitNode(
  emit: OnnxBuilder,
  tensor: Tensor,
  names: ReadonlyMap<Tensor, string>,
  style: NodeStyle,
): string {
  const inputs = tensor.inputs.map((input) => names.get(input)!);
  if (isMadeBy(afterOperation, tensor)) {
    return style.waits ? emitAfter(emit, tensor, inputs) : inputs[0]!;
  }
  if (isMadeBy(fixedPointOperation, tensor)) {
    const { state, result, captured, limit } = tensor.attributes;
    const [start, ...outside] = inputs;
    return emit.repeat(start!, limit, (value) => {
      const inner = new Map<Tensor, string>([[state, value]]);
      captured.forEach((given, index) => {
        inner.set(given, outside[index]!);
      });
      for (const node of topologicalOrder([result], (given) => inner.has(given))) {
        if (!inner.has(node)) {
          inner.set(node, emitNode(emit, node, inner, style));
        }
      }
      return inner.get(result)!;
    });
  }
  const { name } = tensor.operation;
  const operator = style.operators[name] ?? plainOperators[name];
  if (!operator) {
    throw new Error(`the operation ${name} has no lowering to ONNX`);
  }
  return operator(emit, tensor as Tensor<never>, inputs);
}

/** A tensor that waits for others: a reshape that changes nothing, to a shape that is made from their sizes. */
function emitAfter(emit: OnnxBuilder, { rank }: Tensor, [x, ...others]: readonly string[]): string {
  const sizes = others.map((other) => emit.node('Size', [other]));
  const size = sizes.length > 1 ? emit.node('Max', sizes) : sizes[0]!;
  // A length of 0 stands for that of x: the reshape changes nothing, but cannot run before the others are there.
  const zeros = emit.node('Mul', [size, emit.integers(Array<number>(rank).fill(0))]);
  return emit.node('Reshape', [x!, zeros]);
}
