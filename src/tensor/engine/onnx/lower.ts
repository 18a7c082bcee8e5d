// Lowers a graph of tensors to an ONNX model.
import type { NdArray } from '../../../core/numeric/index.ts';
import { afterOperation } from '../../operations/checkpoint.ts';
import { fixedPointOperation } from '../../operations/fixedPoint.ts';
import { sliced } from '../../operations/layout.ts';
import {
  type Emitter,
  elementCount,
  isComputedBy,
  type Precision,
  type Tensor,
  topologicalOrder,
} from '../../tensor.ts';
import { OnnxBuilder } from './builder.ts';
import type { NodeStyle } from './nodeStyle.ts';

/** What to lower: tensors by name, and those with known values. */
interface Lowering {
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
  known: values,
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
  const atHand = (node: Tensor): boolean => names.has(node) || values.has(node);
  const order = topologicalOrder(Object.values(outputs), atHand);
  const splits =
    style.parts &&
    splitsAmong(
      order.filter((tensor) => !atHand(tensor)),
      style.parts.least,
    );
  for (const tensor of order) {
    const value = values.get(tensor);
    if (names.has(tensor)) {
      continue;
    }
    const split = splits?.get(tensor);
    if (split) {
      const { source, axis, parts } = split;
      const lengths = parts.map(({ start, end }) => end - start);
      const outputNames = emitSplit(emit, names.get(source)!, { axis, lengths, most: style.parts!.most });
      parts.forEach(({ slices }, index) => {
        for (const part of slices) {
          emit.describe(outputNames[index]!, part.shape);
          names.set(part, outputNames[index]!);
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
  if (isComputedBy(afterOperation, tensor)) {
    return style.waits ? emitAfter(emit, tensor, inputs) : inputs[0]!;
  }
  if (isComputedBy(fixedPointOperation, tensor)) {
    const { state, result, captured, limit } = tensor.attributes;
    const [start, ...outside] = inputs;
    return emit.repeat(start!, limit, (value) => {
      const inner = new Map<Tensor, string>([[state, value]]);
      captured.forEach((outer, index) => {
        inner.set(outer, outside[index]!);
      });
      for (const node of topologicalOrder([result], (candidate) => inner.has(candidate))) {
        if (!inner.has(node)) {
          inner.set(node, emitNode(emit, node, inner, style));
        }
      }
      return inner.get(result)!;
    });
  }
  const { name } = tensor.operation;
  const operator = style.operators[name] ?? tensor.operation.nodes;
  if (!operator) {
    throw new Error(`the operation ${name} has no lowering to ONNX`);
  }
  return operator(emit, tensor as Tensor<never>, inputs);
}

/** A tensor that waits for others: a reshape to its own shape, computed from theirs. */
function emitAfter(emit: OnnxBuilder, { rank }: Tensor, [x, ...others]: readonly string[]): string {
  const sizes = others.map((operand) => emit.node('Size', [operand]));
  const size = sizes.length > 1 ? emit.node('Max', sizes) : sizes[0]!;
  // A length of 0 means the length of x. The reshape changes nothing, but can't run before the others are
  // computed.
  const zeros = emit.node('Mul', [size, emit.integers(Array<number>(rank).fill(0))]);
  return emit.node('Reshape', [x!, zeros]);
}

/** A tensor that is split along an axis. */
interface Split {
  readonly source: Tensor;
  readonly axis: number;
  /** The slices, from the first position on; equal ones together. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly slices: Tensor[];
}

/** The split that each of these tensors is a part of, if the slices of its source, at least so many, make up the whole. */
function splitsAmong(tensors: readonly Tensor[], least: number): ReadonlyMap<Tensor, Split> {
  const bySource = new Map<Tensor, Map<number, Map<string, Part>>>();
  for (const tensor of tensors) {
    const range = sliced(tensor);
    if (range) {
      const { source, axis, start, end } = range;
      const byAxis = getOrAdd(bySource, source, () => new Map<number, Map<string, Part>>());
      const parts = getOrAdd(byAxis, axis, () => new Map<string, Part>());
      getOrAdd(parts, `${start} ${end}`, (): Part => ({ start, end, slices: [] })).slices.push(tensor);
    }
  }
  const splits = new Map<Tensor, Split>();
  for (const [source, byAxis] of bySource) {
    for (const [axis, slices] of byAxis) {
      const parts = [...slices.values()].sort((a, b) => a.start - b.start);
      const isWhole = parts.every(({ start }, index) => start === (parts[index - 1]?.end ?? 0));
      if (isWhole && parts.length >= least && parts.at(-1)!.end === source.shape[axis]) {
        for (const slice of parts.flatMap(({ slices }) => slices)) {
          splits.set(slice, { source, axis, parts });
        }
      }
    }
  }
  return splits;
}

/**
 * Emits nodes that split a tensor into parts of the given lengths, each into `most` at a time, and returns the names
 * of the parts.
 */
function emitSplit(
  emit: Emitter,
  x: string,
  { axis, lengths, most: maxOutputs }: { axis: number; lengths: readonly number[]; most: number },
): string[] {
  if (lengths.length === 1) {
    return [x];
  }
  const sections = splitSections(lengths, maxOutputs);
  const totals = sections.map((section) => section.reduce((total, length) => total + length));
  const parts = emit.nodes('Split', [x, emit.integers(totals)], totals.length, { axis });
  return parts.flatMap((part, index) =>
    emitSplit(emit, part, { axis, lengths: sections[index]!, most: maxOutputs }),
  );
}

/** At most `limit` sections, as few as possible with more than one part: those are split again. */
function splitSections(lengths: readonly number[], limit: number): number[][] {
  const count = lengths.length;
  const groups = Math.min(limit, Math.max(0, Math.ceil((count - limit) / (limit - 1))));
  const grouped = groups === 0 ? 0 : count - limit + groups;
  const edges = Array.from({ length: groups + 1 }, (_, group) => Math.round((group * grouped) / groups));
  return [
    ...edges.slice(1).map((end, group) => lengths.slice(edges[group], end)),
    ...lengths.slice(grouped).map((length) => [length]),
  ];
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
