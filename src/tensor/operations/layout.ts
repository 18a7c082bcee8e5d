// Operations that move elements without changing them: reshape, transpose, slice, concatenate, pad, expand, reorder.
import type { Emitter } from '../emitter.ts';
import {
  broadcastShapes,
  elementCount,
  isOpen,
  onnxShape,
  type Shape,
  sameShape,
  showShape,
} from '../shape.ts';
import { apply, constant, type Operation, type Tensor } from '../tensor.ts';
import { sumTo } from './reduce.ts';

const reshapeOperation: Operation<Shape> = {
  name: 'reshape',
  shape: ([x], shape) =>
    elementCount(x!) === elementCount(shape)
      ? shape
      : { problem: `${showShape(shape)} holds another number of elements` },
  gradient: (node, g) => [reshape(g, node.inputs[0]!.shape)],
  // The one open axis is what remains.
  lower: (emit, { shape }, [x]) => emit.node('Reshape', [x!, emit.integers(onnxShape(shape))]),
};

/** The same elements in row-major order under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) {
    return x;
  }
  const source = reshapeSource(x) ?? x;
  return sameShape(source.shape, shape) ? source : (apply(reshapeOperation, [source], shape) as Tensor);
}

/** What a reshape reshapes; undefined for any other tensor. */
export function reshapeSource(x: Tensor): Tensor | undefined {
  return x.operation === (reshapeOperation as Operation<unknown>) ? x.inputs[0] : undefined;
}

const transposeOperation: Operation<readonly number[]> = {
  name: 'transpose',
  shape: ([x], order) =>
    order.length === x!.length && [...order].sort((a, b) => a - b).every((axis, index) => axis === index)
      ? order.map((axis) => x![axis]!)
      : { problem: `[${order.join(', ')}] is no order of its axes` },
  gradient: (node, g) => {
    const inverse = node.attributes.map((_, axis) => node.attributes.indexOf(axis));
    return [transpose(g, inverse)];
  },
  lower: (emit, { attributes }, [x]) => emit.node('Transpose', [x!], { perm: attributes }),
};

/** Axes in another order: axis `i` of the result is axis `order[i]` of `x`; by default a matrix's two are swapped. */
export function transpose(x: Tensor, order: readonly number[] = [1, 0]): Tensor {
  return apply(transposeOperation, [x], order) as Tensor;
}

/** The matrix of which this one is the transposition; undefined for any other tensor. */
export function transposeSource(x: Tensor): Tensor | undefined {
  const isTransposition = x.rank === 2 && x.operation === (transposeOperation as Operation<unknown>);
  return isTransposition && sameShape(x.attributes as Shape, [1, 0]) ? x.inputs[0] : undefined;
}

interface Range {
  axis: number;
  start: number;
  end: number;
}

const sliceOperation: Operation<Range> = {
  name: 'slice',
  shape: ([x], { axis, start, end }) =>
    0 <= start && start < end && end <= x![axis]!
      ? x!.map((length, index) => (index === axis ? end - start : length))
      : { problem: `no range ${start} to ${end} on axis ${axis}` },
  gradient: (node, g) => {
    const { axis, start, end } = node.attributes;
    return [pad(g, axis, start, node.inputs[0]!.shape[axis]! - end)];
  },
  lower: (emit, { attributes: { axis, start, end } }, [x]) =>
    emit.node('Slice', [x!, emit.integers([start]), emit.integers([end]), emit.integers([axis])]),
};

/** The elements `start` to `end` (excluded) along an axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  return start === 0 && end === x.shape[axis]
    ? x
    : (apply(sliceOperation, [x], { axis, start, end }) as Tensor);
}

/** The parts of the given lengths, one after another along an axis. */
export function split(x: Tensor, axis: number, lengths: readonly number[]): Tensor[] {
  let start = 0;
  return lengths.map((length) => {
    const part = slice(x, axis, start, start + length);
    start += length;
    return part;
  });
}

/** What a slice along the first axis of a vector, or a reshape, takes its elements from, and where they begin. */
export function viewSource(x: Tensor): { source: Tensor; start: number } | undefined {
  if (x.operation === (sliceOperation as Operation<unknown>) && x.rank === 1) {
    return { source: x.inputs[0]!, start: (x.attributes as Range).start };
  }
  const source = reshapeSource(x);
  return source && { source, start: 0 };
}

const concatenateOperation: Operation<number> = {
  name: 'concatenate',
  shape: ([first, ...others], axis) => {
    const fits = others.every(
      (shape) =>
        shape.length === first!.length &&
        shape.every((length, index) => index === axis || length === first![index]),
    );
    if (others.some((shape) => shape[axis]! < 0 !== first![axis]! < 0)) {
      return { problem: 'an open batch and a known length make no length' };
    }
    if (!fits || axis < 0 || axis >= first!.length) {
      return { problem: `the shapes differ elsewhere than on axis ${axis}` };
    }
    const total = others.reduce((length, shape) => length + shape[axis]!, first![axis]!);
    return first!.map((length, index) => (index === axis ? total : length));
  },
  gradient: (node, g) =>
    split(
      g,
      node.attributes,
      node.inputs.map((input) => input.shape[node.attributes]!),
    ),
  lower: (emit, { attributes }, inputs) => emit.node('Concat', inputs, { axis: attributes }),
};

/** Tensors one after another along an axis. */
export function concatenate(parts: readonly Tensor[], axis: number): Tensor {
  return parts.length === 1 ? parts[0]! : (apply(concatenateOperation, parts, axis) as Tensor);
}

/**
 * `f` of blocks of the given lengths along the first axis, one after another: what it gives must not depend on how `x` is
 * divided.
 */
export function inBlocks(x: Tensor, lengths: readonly number[], f: (block: Tensor) => Tensor): Tensor {
  return concatenate(split(x, 0, lengths).map(f), 0);
}

interface Padding {
  axis: number;
  before: number;
  after: number;
  value: number;
}

const padOperation: Operation<Padding> = {
  name: 'pad',
  shape: ([x], { axis, before, after }) =>
    axis >= 0 && axis < x!.length && x![axis]! > 0
      ? x!.map((length, index) => (index === axis ? before + length + after : length))
      : { problem: `no axis ${axis} of known length` },
  gradient: (node, g) => {
    const { axis, before } = node.attributes;
    return [slice(g, axis, before, before + node.inputs[0]!.shape[axis]!)];
  },
  lower: (emit, { attributes: { axis, before, after, value }, rank }, [x]) => {
    const pads = Array<number>(2 * rank).fill(0);
    pads[axis] = before;
    pads[rank + axis] = after;
    return emit.node('Pad', [x!, emit.integers(pads), emit.reals(Float64Array.of(value), [])]);
  },
};

/** `before` elements of `value` in front and `after` behind, along an axis. */
export function pad(x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  return before === 0 && after === 0
    ? x
    : (apply(padOperation, [x], { axis, before, after, value }) as Tensor);
}

/** What a tensor is where it is a padding with zeros: the inner tensor and its range; undefined for any other. */
export function zeroPadded(x: Tensor): (Range & { inner: Tensor }) | undefined {
  if (x.operation !== (padOperation as Operation<unknown>)) {
    return undefined;
  }
  const { axis, before, value } = x.attributes as Padding;
  const inner = x.inputs[0]!;
  return value === 0 ? { inner, axis, start: before, end: before + inner.shape[axis]! } : undefined;
}

const expandOperation: Operation<Shape> = {
  name: 'expand',
  shape: ([x, like], shape) => {
    const out = broadcastShapes(x!, shape);
    if (!out || !sameShape(out, shape)) {
      return { problem: `does not broadcast to ${showShape(shape)}` };
    }
    return isOpen(shape) && !isOpen(x!) && !like
      ? { problem: `${showShape(shape)} needs a tensor of that shape, for the size of the open batch` }
      : shape;
  },
  gradient: (node, g) => [sumTo(g, node.inputs[0]!.shape), undefined],
  lower: (emit, { shape }, [x, like]) =>
    emit.node('Expand', [
      x!,
      like
        ? emit.node('Shape', [like])
        : // An open axis is the operand's own: 1 leaves it as it is.
          emit.integers(shape.map((length) => (length < 0 ? 1 : length))),
    ]),
};

/**
 * Copies along axes of length 1 or missing ones. Most operations broadcast by themselves.
 *
 * @param like a tensor of that shape, needed where a batch axis appears whose size is open
 */
export function expand(x: Tensor, shape: Shape, like?: Tensor): Tensor {
  if (sameShape(x.shape, shape)) {
    return x;
  }
  const needed = like && isOpen(shape) && !isOpen(x.shape);
  return apply(expandOperation, needed ? [x, like] : [x], shape) as Tensor;
}

/** What an expansion copies; undefined for any other tensor. */
export function expandSource(x: Tensor): Tensor | undefined {
  return x.operation === (expandOperation as Operation<unknown>) ? x.inputs[0] : undefined;
}

interface Order {
  axis: number;
  order: readonly number[];
}

const reorderOperation: Operation<Order> = {
  name: 'reorder',
  shape: ([x], { axis, order }) =>
    order.length === x![axis] && [...order].sort((a, b) => a - b).every((from, to) => from === to)
      ? x!
      : { problem: `[${order.join(', ')}] is no order of axis ${axis}` },
  gradient: (node, g) => {
    const { axis, order } = node.attributes;
    return [reorder(g, axis, invertPermutation(order))];
  },
  lower: (emit, node, [x]) => {
    const { axis, order } = node.attributes;
    if (axis > 0 && axis === node.rank - 1 && order.length <= NARROW) {
      return reorderByProduct(emit, x!, node.shape, order);
    }
    const table = emit.indices(`order ${order.join(' ')}`, [order.length], () => Int32Array.from(order));
    return emit.node('Gather', [x!, table], { axis });
  },
};

/** Up to this length a row is reordered by a product. */
const NARROW = 256;

/** A product with a permutation matrix: a gather along the last axis copies single numbers and is far slower. */
function reorderByProduct(emit: Emitter, x: string, shape: Shape, order: readonly number[]): string {
  const { length } = order;
  const matrix = new Float64Array(length * length);
  order.forEach((from, to) => {
    matrix[from * length + to] = 1;
  });
  const rows = emit.node('Reshape', [x, emit.integers([-1, length])]);
  const reordered = emit.node('Gemm', [rows, emit.reals(matrix, [length, length])]);
  return emit.node('Reshape', [reordered, emit.integers(onnxShape(shape))]);
}

/** The elements along an axis in another order: element `i` of the result is element `order[i]` of `x`. */
export function reorder(x: Tensor, axis: number, order: readonly number[]): Tensor {
  return order.length === x.shape[axis] && order.every((from, to) => from === to)
    ? x
    : (apply(reorderOperation, [x], { axis, order }) as Tensor);
}

/** The permutation q with q[p[i]] = i. */
export function invertPermutation(permutation: readonly number[]): number[] {
  const inverse = Array<number>(permutation.length);
  permutation.forEach((from, to) => {
    inverse[from] = to;
  });
  return inverse;
}

/** The elements along an axis in reverse. */
export function flip(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis]!;
  return reorder(
    x,
    axis,
    Array.from({ length }, (_, index) => length - 1 - index),
  );
}

/** A tensor of zeros of a closed shape. */
export function zeros(shape: Shape): Tensor {
  return constant({ shape: [...shape], data: new Float64Array(elementCount(shape)) });
}

/** The identity matrix. */
export function identity(size: number): Tensor {
  const data = new Float64Array(size * size);
  for (let index = 0; index < size; index++) {
    data[index * size + index] = 1;
  }
  return constant({ shape: [size, size], data });
}
