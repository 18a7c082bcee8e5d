// Sums over axes, and copies along them: each is the gradient of the other.
import { broadcastShapes, isOpen, type Shape, sameShape, showShape } from '../shape.ts';
import { apply, isResultOf, type Operation, type Tensor } from '../tensor.ts';
import { reshape } from './layout.ts';

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
};

/** The sum over the given axes, which are removed; over all axes by default. */
export function sum(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  return axes.length === 0 ? x : (apply(sumOperation, [x], axes) as Tensor);
}

/** The sum over all axes but the first: one number per image. */
export function sumPerImage(x: Tensor): Tensor {
  return sum(x, x.shape.map((_, axis) => axis).slice(1));
}

/** Sums `x` to a shape that broadcasts to its own: the gradient of broadcasting. */
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

const expandOperation: Operation<Shape> = {
  name: 'expand',
  shape: ([x, like], shape) => {
    const out = broadcastShapes(x!, shape);
    if (!out || !sameShape(out, shape)) {
      return { problem: `does not broadcast to ${showShape(shape)}` };
    }
    return isOpen(shape) && !isOpen(x!) && !like
      ? { problem: `${showShape(shape)} needs a tensor of that shape for the size of the open batch` }
      : shape;
  },
  gradient: (node, g) => [sumTo(g, node.inputs[0]!.shape), undefined],
};

/**
 * Copies along axes that have length 1 or are missing. Most operations broadcast by themselves.
 *
 * @param like a tensor of that shape, required if an open batch axis is added
 */
export function expand(x: Tensor, shape: Shape, like?: Tensor): Tensor {
  if (sameShape(x.shape, shape)) {
    return x;
  }
  const needed = like && isOpen(shape) && !isOpen(x.shape);
  return apply(expandOperation, needed ? [x, like] : [x], shape) as Tensor;
}

/** The source of an expansion; undefined for any other tensor. */
export function expandSource(x: Tensor): Tensor | undefined {
  return isResultOf(expandOperation, x) ? x.inputs[0] : undefined;
}
