// The matrices of a corner convolution between tiles of pixels.
import type { TileOptions } from '../../core/numeric/index.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';

const cornerTilesOperation: Operation<TileOptions> = {
  name: 'cornerTiles',
  shape: ([kernel], { length, neighbours }) => {
    const [side, columns, inputs, outputs] = kernel!;
    const values = length * inputs!;
    return kernel!.length === 4 && side === columns && inputs === outputs
      ? [1 + neighbours.length, values, values]
      : { problem: 'the kernel must be [side, side, C, C]' };
  },
};

/**
 * The inverse of the centre tap of a corner convolution between tiles, and −Tₙ·T₀⁻¹ for each neighbour, `[1 + neighbours,
 * length·C, length·C]`: see `numeric/cornerTiles.ts`. It has no gradient.
 *
 * @param kernel `[side, side, C, C]`, its tap (0, 0) invertible
 */
export function cornerTiles(kernel: Tensor, options: TileOptions): Tensor {
  return apply(cornerTilesOperation, [kernel], options) as Tensor;
}
