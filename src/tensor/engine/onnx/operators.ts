// The ONNX nodes for every operation, in the standard operators of opset 20.
import type { NdArray } from '../../../core/numeric/index.ts';
import type { Order, Padding, Range } from '../../operations/layout.ts';
import type { Transposition } from '../../operations/product.ts';
import type { Boundary, Offset, Shifts } from '../../operations/shift.ts';
import type { Shape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import type { Emitter } from './emitter.ts';

/** Emits the nodes of an operation on tensors of these names, and returns the name of the result. */
export type Operator<A = unknown> = (emit: Emitter, node: Tensor<A>, inputs: readonly string[]) => string;

/** Nodes by the names of operations. */
export type Operators = Readonly<Record<string, Operator<never>>>;

/** The nodes that a device prefers. */
export interface NodeStyle {
  /** The operations for which the device has better nodes than the plain ones. */
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

/** A shape in the form of ONNX's Reshape: the one open axis is inferred. */
export function onnxShape(shape: Shape): number[] {
  return shape.map((length) => (length < 0 ? -1 : length));
}

/** One node without attributes. */
const one =
  (type: string): Operator =>
  (emit, _, inputs) =>
    emit.node(type, inputs);

const logAbs: Operator = (emit, _, [x]) => emit.node('Log', [emit.node('Abs', [x!])]);

const clip: Operator<number> = (emit, { attributes: limit }, [x]) =>
  emit.node('Clip', [x!, scalar(emit, -limit), scalar(emit, limit)]);

const logSigmoid: Operator = (emit, _, [x]) => {
  const [zero, one] = [scalar(emit, 0), scalar(emit, 1)];
  const decay = emit.node('Exp', [emit.node('Neg', [emit.node('Abs', [x!])])]);
  const logarithm = emit.node('Log', [emit.node('Add', [decay, one])]);
  return emit.node('Sub', [emit.node('Min', [x!, zero]), logarithm]);
};

/** ONNX Runtime has Elu in float32 only; exp(min(x, 0)) cannot overflow. */
const elu: Operator = (emit, _, [x]) => {
  if (emit.precision === 'float32') {
    return emit.node('Elu', [x!]);
  }
  const [zero, one] = [scalar(emit, 0), scalar(emit, 1)];
  const below = emit.node('Sub', [emit.node('Exp', [emit.node('Min', [x!, zero])]), one]);
  return emit.node('Add', [emit.node('Relu', [x!]), below]);
};

const eluSlope: Operator = (emit, _, [y]) => {
  const one = scalar(emit, 1);
  return emit.node('Min', [emit.node('Add', [y!, one]), one]);
};

const constant: Operator<NdArray> = (emit, { attributes: { data }, shape }) => emit.reals(data, shape);

const reshape: Operator<Shape> = (emit, { shape }, [x]) =>
  emit.node('Reshape', [x!, emit.integers(onnxShape(shape))]);

const transpose: Operator<readonly number[]> = (emit, { attributes }, [x]) =>
  emit.node('Transpose', [x!], { perm: attributes });

const slice: Operator<Range> = (emit, { attributes: { axis, start, end } }, [x]) =>
  emit.node('Slice', [x!, emit.integers([start]), emit.integers([end]), emit.integers([axis])]);

const concatenate: Operator<number> = (emit, { attributes: axis }, inputs) =>
  emit.node('Concat', inputs, { axis });

const pad: Operator<Padding> = (emit, { attributes: { axis, before, after, value }, rank }, [x]) => {
  const pads = Array<number>(2 * rank).fill(0);
  pads[axis] = before;
  pads[rank + axis] = after;
  return emit.node('Pad', [x!, emit.integers(pads), scalar(emit, value)]);
};

const expand: Operator<Shape> = (emit, { shape }, [x, like]) => {
  // An open axis has the operand's own length: 1 leaves it unchanged.
  const closed = (): string => emit.integers(shape.map((length) => (length < 0 ? 1 : length)));
  return emit.node('Expand', [x!, like === undefined ? closed() : emit.node('Shape', [like])]);
};

const reorder: Operator<Order> = (emit, { attributes: { axis, order } }, [x]) => {
  const table = emit.indices(`order ${order.join(' ')}`, [order.length], () => Int32Array.from(order));
  return emit.node('Gather', [x!, table], { axis });
};

const oneHot: Operator<number> = (emit, { attributes: length, shape }, [indices]) => {
  const column = emit.node('Reshape', [indices!, emit.integers([shape[0]!, 1])]);
  const all = emit.reals(
    Float64Array.from({ length }, (_, index) => index),
    [1, length],
  );
  // 1 − |index − position|, clipped at 0: numbers throughout, as WebGPU does not cast booleans.
  const distance = emit.node('Abs', [emit.node('Sub', [column, all])]);
  return emit.node('Relu', [emit.node('Sub', [scalar(emit, 1), distance])]);
};

const product: Operator<Transposition> = (emit, { attributes: { transposeA, transposeB } }, inputs) =>
  emit.node('Gemm', inputs, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });

const sum: Operator<readonly number[]> = (emit, { attributes: axes }, [x]) =>
  emit.node('ReduceSum', [x!, emit.integers(axes)], { keepdims: 0 });

const unfold: Operator<Shifts> = (emit, node, [x]) => {
  const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const pixels = height * width;
  const table = neighbourTable(emit, 'unfold', height, width, node.attributes, (pixel) => pixel ?? pixels);
  return gatherPixels(emit, x!, pixels, { node, channels, table, shape: node.shape });
};

const fold: Operator<Shifts> = (emit, node, [x]) => {
  const taps = node.attributes.offsets.length;
  const [batch, height, width, channels] = node.shape as [number, number, number, number];
  const cells = height * width * taps;
  const table = neighbourTable(emit, 'fold', height, width, node.attributes, (pixel, tap) =>
    pixel === undefined ? cells : pixel * taps + tap,
  );
  const shape = [batch, height * width, taps, channels];
  const aligned = gatherPixels(emit, x!, cells, { node, channels, table, shape });
  const summed = emit.node('ReduceSum', [aligned, emit.integers([2])], { keepdims: 0 });
  return emit.node('Reshape', [summed, emit.integers(onnxShape(node.shape))]);
};

/**
 * For each pixel and tap, the cell to read: `cell` receives the pixel's index in its image, undefined if
 * outside.
 */
function neighbourTable(
  emit: Emitter,
  name: string,
  height: number,
  width: number,
  { offsets, boundary }: Shifts,
  cell: (pixel: number | undefined, tap: number) => number,
): string {
  const key = `${name} ${boundary} ${height}x${width} ${offsets.join(' ')}`;
  return emit.indices(key, [height * width, offsets.length], () => {
    const neighbour = neighboursIn(height, width, boundary);
    return Int32Array.from({ length: height * width * offsets.length }, (_, index) => {
      const tap = index % offsets.length;
      return cell(neighbour(Math.floor(index / offsets.length), offsets[tap]!), tap);
    });
  });
}

/** The pixel that a tap at a pixel reads, both as their numbers in the image; undefined if it is outside. */
export function neighboursIn(
  height: number,
  width: number,
  boundary: Boundary,
): (pixel: number, offset: Offset) => number | undefined {
  return (pixel, [down, right]) => {
    const [row, column] = [Math.floor(pixel / width) + down, (pixel % width) + right];
    const [r, c] = boundary === 'wrap' ? [modulo(row, height), modulo(column, width)] : [row, column];
    return r >= 0 && r < height && c >= 0 && c < width ? r * width + c : undefined;
  };
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}

/** Gathers cells of `channels` numbers within each image; with zero padding, the cell after the last one is zero. */
function gatherPixels(
  emit: Emitter,
  x: string,
  cells: number,
  { node, channels, table, shape }: { node: Tensor<Shifts>; channels: number; table: string; shape: Shape },
): string {
  const given = emit.node('Reshape', [x, emit.integers([-1, cells, channels])]);
  const extended =
    node.attributes.boundary === 'wrap'
      ? given
      : emit.node('Pad', [given, emit.integers([0, 0, 0, 0, 1, 0]), scalar(emit, 0)]);
  const gathered = emit.node('Gather', [extended, table], { axis: 1 });
  return emit.node('Reshape', [gathered, emit.integers(onnxShape(shape))]);
}

function scalar(emit: Emitter, value: number): string {
  return emit.reals(Float64Array.of(value), []);
}

/** A marker changes nothing. */
const same: Operator = (_emit, _node, [x]) => x!;

/**
 * The plain nodes for every operation except those with an inner graph and those that have none and run on
 * the host.
 */
export const plainOperators: Operators = {
  abs: one('Abs'),
  add: one('Add'),
  checkpoint: same,
  clip,
  concatenate,
  constant,
  detach: same,
  divide: one('Div'),
  elu,
  eluSlope,
  exp: one('Exp'),
  expand,
  floor: one('Floor'),
  fold,
  log: one('Log'),
  logAbs,
  logSigmoid,
  maximum: one('Max'),
  multiply: one('Mul'),
  named: same,
  negate: one('Neg'),
  oneHot,
  pad,
  product,
  relu: one('Relu'),
  remember: same,
  reorder,
  reshape,
  sigmoid: one('Sigmoid'),
  sign: one('Sign'),
  slice,
  sqrt: one('Sqrt'),
  stackedProduct: one('MatMul'),
  step: one('Sign'),
  subtract: one('Sub'),
  sum,
  transpose,
  unfold,
};
