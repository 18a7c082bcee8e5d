// Lowers a graph of tensors to an ONNX model.
import type { NdArray } from '../../numeric/ndarray.ts';
import { afterOperation } from '../../tensor/operations/checkpoint.ts';
import { fixedPointOperation } from '../../tensor/operations/fixedPoint.ts';
import { elementCount } from '../../tensor/shape.ts';
import { isResultOf, type Tensor } from '../../tensor/tensor.ts';
import { topologicalOrder } from '../../tensor/traversal.ts';
import { OnnxBuilder } from './builder.ts';
import type { Precision } from './emitter.ts';
import { type NodeStyle, plainOperators } from './operators.ts';
import { emitSplit, splitsAmong } from './splits.ts';

/** What to lower: tensors by name, and those with known values. */
export interface Lowering {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly known: ReadonlyMap<Tensor, NdArray>;
  readonly precision: Precision;
  /** Which nodes operations are lowered to, and whether some nodes wait for others. */
  readonly style: NodeStyle;
  /** Tensors that come one after the other in a single input, a vector of this name. */
  readonly packed?: { readonly name: string; readonly tensors: readonly Tensor[] } | undefined;
  /** The outputs of type uint8; their values must be in 0..255. */
  readonly bytes?: readonly string[];
}

/**
 * The ONNX model that computes `outputs` from `inputs`, for a graph that is prepared for the device. ONNX
 * Runtime chooses its own execution order; whatever no output needs is left out.
 *
 * @throws Error if an operation has no ONNX nodes
 */
export function lower({
  inputs,
  packed,
  outputs,
  known,
  precision,
  style,
  bytes = [],
}: Lowering): Uint8Array {
  const emit = new OnnxBuilder(precision);
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(inputs)) {
    emit.input(name, tensor.shape);
    names.set(tensor, name);
  }
  if (packed) {
    unpack(emit, packed, names);
  }
  const atHand = (node: Tensor): boolean => names.has(node) || known.has(node);
  const order = topologicalOrder(Object.values(outputs), atHand);
  const splits =
    style.parts &&
    splitsAmong(
      order.filter((tensor) => !atHand(tensor)),
      style.parts.least,
    );
  for (const tensor of order) {
    const value = known.get(tensor);
    if (names.has(tensor)) {
      continue;
    }
    const split = splits?.get(tensor);
    if (split) {
      const { source, axis, parts } = split;
      const lengths = parts.map(({ start, end }) => end - start);
      const found = emitSplit(emit, names.get(source)!, { axis, lengths, most: style.parts!.most });
      parts.forEach(({ slices }, index) => {
        for (const part of slices) {
          emit.describe(found[index]!, part.shape);
          names.set(part, found[index]!);
        }
      });
    } else if (value) {
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

/** Emits an input, and the nodes that cut it into tensors. */
function unpack(
  emit: OnnxBuilder,
  { name, tensors }: NonNullable<Lowering['packed']>,
  names: Map<Tensor, string>,
): void {
  emit.input(name, [tensors.reduce((total, { shape }) => total + elementCount(shape), 0)]);
  let start = 0;
  for (const tensor of tensors) {
    const end = start + elementCount(tensor.shape);
    const part = emit.node('Slice', [name, emit.integers([start]), emit.integers([end]), emit.integers([0])]);
    names.set(tensor, emit.node('Reshape', [part, emit.integers([...tensor.shape])]));
    start = end;
  }
}

/** Emits the nodes of a tensor, given the names of its inputs, and returns the name of the result. */
function emitNode(
  emit: OnnxBuilder,
  tensor: Tensor,
  names: ReadonlyMap<Tensor, string>,
  style: NodeStyle,
): string {
  const inputs = tensor.inputs.map((input) => names.get(input)!);
  if (isResultOf(afterOperation, tensor)) {
    return style.waits ? emitAfter(emit, tensor, inputs) : inputs[0]!;
  }
  if (isResultOf(fixedPointOperation, tensor)) {
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

/** A tensor that waits for others: a reshape to its own shape, computed from theirs. */
function emitAfter(emit: OnnxBuilder, { rank }: Tensor, [x, ...others]: readonly string[]): string {
  const sizes = others.map((other) => emit.node('Size', [other]));
  const size = sizes.length > 1 ? emit.node('Max', sizes) : sizes[0]!;
  // A length of 0 means the length of x. The reshape changes nothing, but can't run before the others are
  // computed.
  const zeros = emit.node('Mul', [size, emit.integers(Array<number>(rank).fill(0))]);
  return emit.node('Reshape', [x!, zeros]);
}
