// Reductions along axes: the largest value, the mean, and the softmax, which is made of them.
import { apply, constant, type Operation, type Tensor } from '../tensor.ts';
import { axesProblem, expand, sum, withAxes } from './broadcast.ts';
import { detach } from './checkpoint.ts';
import { divide, equal, multiply, subtract } from './elementwise.ts';
import { exp } from './functions.ts';
import { slice } from './layout.ts';

const maxOperation: Operation<readonly number[]> = {
  name: 'max',
  shape: ([x], axes) => axesProblem(x!, axes) ?? x!.filter((_, axis) => !axes.includes(axis)),
  gradient: (node, g) => {
    const [x] = node.inputs as [Tensor];
    const { attributes: axes } = node;
    const isLargest = equal(x, withAxes(node as Tensor, x, axes));
    const shares = divide(isLargest, withAxes(sum(isLargest, axes), x, axes));
    return [multiply(withAxes(g, x, axes), shares)];
  },
  nodes: (emit, { attributes: axes }, [x]) =>
    emit.node('ReduceMax', [x!, emit.integers(axes)], { keepdims: 0 }),
};

/**
 * The largest value along the given axes, which are removed; along all axes by default. Equal largest values share the
 * gradient evenly.
 */
export function max(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  return axes.length === 0 ? x : (apply(maxOperation, [x], axes) as Tensor);
}

/** The mean over the given axes, which are removed; over all axes by default. One of them may be an open batch. */
export function mean(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  const total = sum(x, axes);
  const knownCount = axes.reduce((count, axis) => (x.shape[axis]! < 0 ? count : count * x.shape[axis]!), 1);
  const open = axes.find((axis) => x.shape[axis]! < 0);
  return divide(divide(total, knownCount), open === undefined ? 1 : lengthAlong(x, open));
}

/** The length of an axis of an open batch, as a number that is known when the program runs. */
function lengthAlong(x: Tensor, open: number): Tensor {
  const firstImage = x.shape.reduce((part, _, axis) => (axis === open ? part : slice(part, axis, 0, 1)), x);
  const unity = constant({ shape: x.shape.map(() => 1), data: Float64Array.of(1) });
  return sum(expand(unity, firstImage.shape, detach(firstImage)));
}

/** eˣ/Σ eˣ along an axis: positive values that add up to 1. */
export function softmax(x: Tensor, axis: number): Tensor {
  // The result does not depend on the largest value, and neither does the gradient.
  const powers = exp(subtract(x, withAxes(detach(max(x, [axis])), x, [axis])));
  return divide(powers, withAxes(sum(powers, [axis]), x, [axis]));
}
