// Sums over axes.
import type { Emitter } from '../emitter.ts';
import { elementCount, isOpen, type Shape, sameShape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { expand, reshape } from './layout.ts';

const sumOperation: Operation<readonly number[]> = {
  name: 'sum',
  shape: ([x], axes) =>
    axes.every((axis) => axis >= 0 && axis < x!.length)
      ? x!.filter((_, axis) => !axes.includes(axis))
      : { problem: `no such axes: ${axes.join(', ')}` },
  gradient: (node, g) => {
    const x = node.inputs[0]!;
    const kept = x.shape.map((length, axis) => (node.attributes.includes(axis) ? 1 : length));
    return [expand(reshape(g, kept), x.shape, x)];
  },
  lower: (emit, node, [x]) => {
    const { shape } = node.inputs[0]!;
    const axes = node.attributes;
    const leading = axes.every((axis, index) => axis === index);
    const rows = elementCount(shape.slice(0, axes.length));
    if (leading && rows > 1 && axes.length < shape.length && !isOpen(node.shape)) {
      return sumOfRows(emit, x!, rows, node.shape);
    }
    return emit.node('ReduceSum', [x!, emit.integers(axes)], { keepdims: 0 });
  },
};

/** The sum over rows as a product with a row of ones: ONNX Runtime's ReduceSum over leading axes is 30 times slower. */
function sumOfRows(emit: Emitter, x: string, rows: number, shape: Shape): string {
  const columns = elementCount(shape);
  const matrix = emit.node('Reshape', [x, emit.integers([rows, columns])]);
  const ones = emit.reals(new Float64Array(rows).fill(1), [1, rows]);
  return emit.node('Reshape', [emit.node('Gemm', [ones, matrix]), emit.integers(shape)]);
}

/** The sum over the given axes, which disappear; over all axes where none are given. */
export function sum(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  return axes.length === 0 ? x : (apply(sumOperation, [x], axes) as Tensor);
}

/** The sum over everything but the first axis: one number per image. */
export function sumPerImage(x: Tensor): Tensor {
  return sum(x, x.shape.map((_, axis) => axis).slice(1));
}

/** Sums `x` to a shape that broadcasts to its own: what broadcasting's gradient needs. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) {
    return x;
  }
  const offset = x.rank - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < offset || (shape[axis - offset] === 1 && x.shape[axis] !== 1));
  return reshape(sum(x, axes), shape);
}
