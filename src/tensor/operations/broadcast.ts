// Sums over axes, and copies along them: each is the gradient of the other.
import {
  apply,
  broadcastShapes,
  isComputedBy,
  isOpen,
  type Operation,
  type Shape,
  type ShapeProblem,
  sameShape,
  showShape,
  type Tensor,
} from '../tensor.ts';
import { reshape } from './layout.ts';

const sumOperation: Operation<readonly number[]> = {
  name: 'sum',
  shape: ([x], axes) => axesProblem(x!, axes) ?? x!.filter((_, axis) => !axes.includes(axis)),
  gradient: (node, g) => {
    const x = node.inputs[0]!;
    const isBatchLost = isOpen(x.shape) && !isOpen(g.shape);
    return [expand(withAxes(g, x, node.attributes), x.shape, isBatchLost ? x : undefined)];
  },
  nodes: (emit, { attributes: axes }, [x]) =>
    emit.node('ReduceSum', [x!, emit.integers(axes)], { keepdims: 0 }),
};

/** The problem with the axes of a reduction; undefined if they are valid. */
export function axesProblem(x: Shape, axes: readonly number[]): ShapeProblem | undefined {
  const unknown = axes.filter((axis, index) => x[axis] === undefined || axes.indexOf(axis) < index);
  return unknown.length > 0 ? { problem: `no such axes: ${unknown.join(', ')}` } : undefined;
}

/** A reduction of `x` with length 1 in the place of the axes that it has lost: it broadcasts to `x`. */
export function withAxes(reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    reduced,
    x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
  );
}

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

/** The operation of `expand`. */
export const expandOperation: Operation<Shape> = {
  name: 'expand',
  shape: ([x, reference], shape) => {
    if (
      ![x!, ...(reference ? [reference] : [])].every((part) => isSame(broadcastShapes(part, shape), shape))
    ) {
      return { problem: `does not broadcast to ${showShape(shape)}` };
    }
    return isOpen(shape) && !isOpen(x!) && !(reference && isOpen(reference))
      ? { problem: `${showShape(shape)} needs a tensor with the open batch for its size` }
      : shape;
  },
  gradient: (node, g) => [sumTo(g, node.inputs[0]!.shape), undefined],
  nodes(emit, { shape, inputs: [x, target] }, [xName, likeName]) {
    // An open axis has the operand's own length: 1 leaves it unchanged.
    const closed = (): string =>
      emit.node('Expand', [xName!, emit.integers(shape.map((length) => (length < 0 ? 1 : length)))]);
    if (!target) {
      return closed();
    }
    const isWhole = isSame(broadcastShapes(x!.shape, target.shape), shape);
    return emit.node('Expand', [isWhole ? xName! : closed(), emit.node('Shape', [likeName!])]);
  },
};

function isSame(a: Shape | undefined, b: Shape): boolean {
  return a !== undefined && sameShape(a, b);
}

/**
 * Copies along axes that have length 1 or are missing. Most operations broadcast by themselves.
 *
 * @param reference a tensor that broadcasts to that shape too and has its open batch axis, required if `x` has none: its
 * values do not matter
 */
export function expand(x: Tensor, shape: Shape, reference?: Tensor): Tensor {
  if (sameShape(x.shape, shape)) {
    return x;
  }
  return apply(expandOperation, reference ? [x, reference] : [x], shape) as Tensor;
}

/** The source of an expansion; undefined for any other tensor. */
export function expandSource(x: Tensor): Tensor | undefined {
  return isComputedBy(expandOperation, x) ? x.inputs[0] : undefined;
}
