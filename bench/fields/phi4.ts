// The scalar field φ⁴ on a periodic square lattice: its action, as a graph and as a number.
import {
  add,
  concatenate,
  multiply,
  slice,
  subtract,
  sumPerImage,
} from '../../src/tensor/operations/index.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** The couplings of the action. */
export interface Phi4 {
  readonly massSquared: number;
  readonly lambda: number;
}

/** The usual test point on 8x8. Source: Albergo and others, Introduction to normalizing flows for lattice field theory (2021). */
export const testPoint: Phi4 = { massSquared: -4, lambda: 6.975 };

/**
 * S = Σₓ [φₓ·Σ_μ(2φₓ − φₓ₊μ − φₓ₋μ) + m²·φₓ² + λ·φₓ⁴], which is Σₓ [(4 + m²)·φₓ² + λ·φₓ⁴ − 2·φₓ·Σ_μ φₓ₊μ], as a graph: of
 * fields `[N, H, W, 1]`.
 */
export const phi4Action =
  ({ massSquared, lambda }: Phi4) =>
  (x: Tensor): Tensor => {
    const squares = multiply(x, x);
    const alone = add(multiply(squares, 4 + massSquared), multiply(multiply(squares, squares), lambda));
    const neighbours = add(shifted(x, 1), shifted(x, 2));
    return sumPerImage(subtract(alone, multiply(multiply(x, neighbours), 2)));
  };

/** x at the next position along an axis, around a torus. */
function shifted(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis]!;
  return concatenate([slice(x, axis, 1, length), slice(x, axis, 0, 1)], axis);
}

/** S of one field, pixel by pixel as its definition says. */
export function phi4Value(field: ArrayLike<number>, side: number, { massSquared, lambda }: Phi4): number {
  let total = 0;
  for (let index = 0; index < side * side; index++) {
    const value = field[index]!;
    const coupled = neighboursOf(index, side).reduce((sum, neighbour) => sum + value - field[neighbour]!, 0);
    total += value * coupled + massSquared * value ** 2 + lambda * value ** 4;
  }
  return total;
}

/** The four neighbours of a site. */
export function neighboursOf(index: number, side: number): [number, number, number, number] {
  const [row, column] = [Math.floor(index / side), index % side];
  const at = (down: number, right: number): number =>
    ((row + down + side) % side) * side + ((column + right + side) % side);
  return [at(1, 0), at(-1, 0), at(0, 1), at(0, -1)];
}

/** |M|/side², M the sum of a field. */
export function meanMagnetisation(field: ArrayLike<number>): number {
  return Math.abs(Array.from(field).reduce((sum, value) => sum + value, 0)) / field.length;
}
