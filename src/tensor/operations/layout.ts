// Operations that only move elements: reshape, transpose, slice, concatenate, pad, expand, reorder.
import {
  apply,
  constant,
  elementCount,
  isComputedBy,
  isOpen,
  type Nodes,
  type Operation,
  onnxShape,
  type Shape,
  ShapeError,
  sameShape,
  scalar,
  showShape,
  type Tensor,
} from '../tensor.ts';

/** The operation of `reshape`. */
export const reshapeOperation: Operation<Shape> = {
  name: 'reshape',
  shape: ([x], shape) =>
    elementCount(x!) === elementCount(shape)
      ? shape
      : { problem: `${showShape(shape)} has a different number of elements` },
  gradient: (node, g) => [reshape(g, node.inputs[0]!.shape)],
  nodes: (emit, { shape }, [x]) => emit.node('Reshape', [x!, emit.integers(onnxShape(shape))]),
};

/** The same elements in row-major order in another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : (apply(reshapeOperation, [x], shape) as Tensor);
}

/** The source of a reshape; undefined for any other tensor. */
export function reshapeSource(x: Tensor): Tensor | undefined {
  return isComputedBy(reshapeOperation, x) ? x.inputs[0] : undefined;
}

/** A transposition by name, and its gradient's. */
const transposition = (
  name: string,
  back: (g: Tensor, order: readonly number[]) => Tensor,
  nodes?: Nodes<readonly number[]>,
): Operation<readonly number[]> => ({
  name,
  shape: ([x], order) =>
    isPermutation(order, x!.length)
      ? order.map((axis) => x![axis]!)
      : { problem: `[${order.join(', ')}] is not a permutation of its axes` },
  gradient: (node, g) => [back(g, invertPermutation(node.attributes))],
  ...(nodes && { nodes }),
});

/** The operation of `transpose`; its attributes are the order of the axes. */
export const transposeOperation = transposition('transpose', transpose, (emit, { attributes }, [x]) =>
  emit.node('Transpose', [x!], { perm: attributes }),
);

/**
 * Permutes axes: axis `i` of the result is axis `order[i]` of `x`; by default the two axes of a matrix are
 * swapped.
 */
export function transpose(x: Tensor, order: readonly number[] = [1, 0]): Tensor {
  return apply(transposeOperation, [x], order) as Tensor;
}

/** The matrix whose transpose this is; undefined for any other tensor. */
export function transposeSource(x: Tensor): Tensor | undefined {
  const isTransposition =
    x.rank === 2 && isComputedBy(transposeOperation, x) && sameShape(x.attributes, [1, 0]);
  return isTransposition ? x.inputs[0] : undefined;
}

const batchFirstOperation = transposition('batchFirst', batchLast);

/** `transpose` of a tensor with the batch as its last axis, which becomes the first. */
export function batchFirst(x: Tensor, order: readonly number[]): Tensor {
  return apply(batchFirstOperation, [x], order) as Tensor;
}

/** The source of `batchFirst` and the order of its axes; undefined for any other tensor. */
export function batchFirstSource(x: Tensor): { source: Tensor; order: readonly number[] } | undefined {
  return isComputedBy(batchFirstOperation, x) ? { source: x.inputs[0]!, order: x.attributes } : undefined;
}

const batchLastOperation = transposition('batchLast', batchFirst);

/** `transpose` of a tensor with the batch as its first axis, which becomes the last. */
export function batchLast(x: Tensor, order: readonly number[]): Tensor {
  return apply(batchLastOperation, [x], order) as Tensor;
}

/** A range of positions along an axis, the end exclusive. */
export interface Range {
  axis: number;
  start: number;
  end: number;
}

const sliceOperation: Operation<Range> = {
  name: 'slice',
  shape: ([x], { axis, start, end }) =>
    0 <= start && start < end && end <= x![axis]! && [start, end].every(Number.isInteger)
      ? x!.map((length, index) => (index === axis ? end - start : length))
      : { problem: `no range ${start} to ${end} on axis ${axis}` },
  gradient: (node, g) => {
    const { axis, start, end } = node.attributes;
    return [pad(g, axis, start, node.inputs[0]!.shape[axis]! - end)];
  },
  nodes: (emit, { attributes: { axis, start, end } }, [x]) =>
    emit.node('Slice', [x!, emit.integers([start]), emit.integers([end]), emit.integers([axis])]),
};

/** The elements `start` to `end` (exclusive) along an axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  return start === 0 && end === x.shape[axis]
    ? x
    : (apply(sliceOperation, [x], { axis, start, end }) as Tensor);
}

/** The source of a slice and its range; undefined for any other tensor. */
export function sliced(x: Tensor): (Range & { source: Tensor }) | undefined {
  return isComputedBy(sliceOperation, x) ? { source: x.inputs[0]!, ...x.attributes } : undefined;
}

/** The consecutive parts of the given lengths along an axis: as many tensors as lengths, which add up to the axis. */
export function split<const Lengths extends readonly number[]>(
  x: Tensor,
  axis: number,
  lengths: Lengths,
): { -readonly [Part in keyof Lengths]: Tensor } {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== x.shape[axis]) {
    const problem = `the lengths ${lengths.join(', ')} do not add up to axis ${axis}`;
    throw new ShapeError('split', [x.shape], problem);
  }
  let start = 0;
  const parts = lengths.map((length) => {
    const part = slice(x, axis, start, start + length);
    start += length;
    return part;
  });
  return parts as { -readonly [Part in keyof Lengths]: Tensor };
}

/**
 * The source of a reshape or of a slice along the first axis of a vector, and where its elements begin in it.
 */
export function viewSource(x: Tensor): { source: Tensor; start: number } | undefined {
  const range = sliced(x);
  if (range && x.rank === 1) {
    return { source: range.source, start: range.start };
  }
  const source = reshapeSource(x);
  return source && { source, start: 0 };
}

const concatenateOperation: Operation<number> = {
  name: 'concatenate',
  shape: ([first, ...others], axis) => {
    if (!first) {
      return { problem: 'there is nothing to concatenate' };
    }
    const fits = others.every(
      (shape) =>
        shape.length === first.length &&
        shape.every((length, index) => index === axis || length === first[index]),
    );
    if (others.some((shape) => shape[axis]! < 0 !== first[axis]! < 0)) {
      return { problem: 'an open batch and a known length do not add up' };
    }
    if (!fits || first[axis] === undefined) {
      return { problem: `the shapes differ on an axis other than ${axis}` };
    }
    const total = others.reduce((length, shape) => length + shape[axis]!, first[axis]!);
    return first.map((length, index) => (index === axis ? total : length));
  },
  gradient: ({ inputs, attributes: axis }, g) => {
    const lengths = inputs.map(({ shape }) => shape[axis]!);
    if (lengths[0]! < 0) {
      const problem = 'several open batches in one have no gradient';
      throw new ShapeError(
        'concatenate',
        inputs.map(({ shape }) => shape),
        problem,
      );
    }
    return split(g, axis, lengths);
  },
  nodes: (emit, { attributes: axis }, inputs) => emit.node('Concat', inputs, { axis }),
};

/** Concatenates tensors along an axis. Along an open batch it has no gradient. */
export function concatenate(parts: readonly Tensor[], axis: number): Tensor {
  return parts.length === 1 ? parts[0]! : (apply(concatenateOperation, parts, axis) as Tensor);
}

/** The parts that a tensor concatenates along an axis; undefined for any other tensor. */
export function concatenated(x: Tensor, axis: number): readonly Tensor[] | undefined {
  return isComputedBy(concatenateOperation, x) && x.attributes === axis ? x.inputs : undefined;
}

/** The padding along an axis. */
export interface Padding {
  axis: number;
  before: number;
  after: number;
  value: number;
}

const padOperation: Operation<Padding> = {
  name: 'pad',
  shape: ([x], { axis, before, after }) =>
    !(x![axis]! > 0)
      ? { problem: `it has no axis ${axis} of known length` }
      : [before, after].every((count) => Number.isInteger(count) && count >= 0)
        ? x!.map((length, index) => (index === axis ? before + length + after : length))
        : { problem: `it cannot be padded by ${before} and ${after}` },
  gradient: (node, g) => {
    const { axis, before } = node.attributes;
    return [slice(g, axis, before, before + node.inputs[0]!.shape[axis]!)];
  },
  nodes(emit, { attributes: { axis, before, after, value }, rank }, [x]) {
    const pads = Array<number>(2 * rank).fill(0);
    pads[axis] = before;
    pads[rank + axis] = after;
    return emit.node('Pad', [x!, emit.integers(pads), scalar(emit, value)]);
  },
};

/** Pads an axis with `before` elements of `value` in front and `after` behind. */
export function pad(x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  return before === 0 && after === 0
    ? x
    : (apply(padOperation, [x], { axis, before, after, value }) as Tensor);
}

/** The inner tensor of a zero padding and its range; undefined for any other tensor. */
export function zeroPadded(x: Tensor): (Range & { inner: Tensor }) | undefined {
  if (!isComputedBy(padOperation, x)) {
    return undefined;
  }
  const { axis, before, value } = x.attributes;
  const inner = x.inputs[0]!;
  return value === 0 ? { inner, axis, start: before, end: before + inner.shape[axis]! } : undefined;
}

/** A permutation of the positions along an axis. */
export interface Order {
  axis: number;
  order: readonly number[];
}

const reorderOperation: Operation<Order> = {
  name: 'reorder',
  shape: ([x], { axis, order }) =>
    isPermutation(order, x![axis]!)
      ? x!
      : { problem: `[${order.join(', ')}] is not a permutation of axis ${axis}` },
  gradient: (node, g) => {
    const { axis, order } = node.attributes;
    return [reorder(g, axis, invertPermutation(order))];
  },
  nodes(emit, { attributes: { axis, order } }, [x]) {
    const table = emit.indices(`order ${order.join(' ')}`, [order.length], () => Int32Array.from(order));
    return emit.node('Gather', [x!, table], { axis });
  },
};

/** Permutes the elements along an axis: element `i` of the result is element `order[i]` of `x`. */
export function reorder(x: Tensor, axis: number, order: readonly number[]): Tensor {
  return order.length === x.shape[axis] && order.every((from, to) => from === to)
    ? x
    : (apply(reorderOperation, [x], { axis, order }) as Tensor);
}

/** Whether numbers are 0..`length`-1 in some order. */
function isPermutation(numbers: readonly number[], length: number): boolean {
  const isThere = new Uint8Array(Math.max(0, length));
  for (const number of numbers) {
    isThere[number] = 1;
  }
  return numbers.length === length && isThere.every((isPresent) => isPresent === 1);
}

/** The permutation q with q[p[i]] = i. */
export function invertPermutation(permutation: readonly number[]): number[] {
  const inverse = Array<number>(permutation.length);
  permutation.forEach((from, to) => {
    inverse[from] = to;
  });
  return inverse;
}

/** The elements along an axis in reverse order. */
export function flip(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis]!;
  if (!(length > 0)) {
    throw new ShapeError('flip', [x.shape], `it has no axis ${axis} of known length`);
  }
  return reorder(
    x,
    axis,
    Array.from({ length }, (_, index) => length - 1 - index),
  );
}

/** A tensor of zeros without an open axis. */
export function zeros(shape: Shape): Tensor {
  return constant({ shape: [...shape], data: new Float64Array(isOpen(shape) ? 0 : elementCount(shape)) });
}

/** The identity matrix. */
export function identity(size: number): Tensor {
  const data = new Float64Array(size * size);
  for (let index = 0; index < size; index++) {
    data[index * size + index] = 1;
  }
  return constant({ shape: [size, size], data });
}
