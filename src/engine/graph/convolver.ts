// A single convolution of images. Narrow ones are convolved as tiles: pixels of a row, taken together as one pixel with
// more channels.
import { expand } from '../../tensor/operations/broadcast.ts';
import { multiply } from '../../tensor/operations/elementwise.ts';
import { reshape } from '../../tensor/operations/layout.ts';
import { gridOf, type Offset, type Shifts, type TapGrid } from '../../tensor/operations/shift.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { blockToeplitz, tilesReached } from './blockToeplitz.ts';
import { type AffineConvolution, pixelRows, rowsOf } from './convolutions.ts';

/**
 * A single convolution of images of this shape, `[N, H, W, in]` to `[N, H, W, out]`: tiles of pixels are taken together
 * where that saves time, and the narrower side is unfolded.
 *
 * @param productsPerCopy how many multiplications and additions take as long as copying one tap of one pixel; 0 for no
 * tiles
 */
export function convolver(
  convolution: AffineConvolution,
  shape: Shape,
  productsPerCopy: number,
): (x: Tensor) => Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const length = tileLength(convolution, width, productsPerCopy);
  if (length > 1) {
    const grid = [batch, height, width / length, length * channels];
    const between = convolver(betweenTiles(convolution, width, length), grid, 0);
    const outputs = convolution.kernel.shape[2]!;
    return (x) => reshape(between(reshape(x, grid)), [batch, height, width, outputs]);
  }
  const [taps, , outputs] = convolution.kernel.shape as [number, number, number];
  if (taps === 1 || channels <= outputs) {
    const apply = pixelRows.first(convolution);
    return (x) => reshape(apply(x), [...x.shape.slice(0, 3), outputs]);
  }
  const apply = pixelRows.last(convolution, height, width);
  return (x) => apply(reshape(x, rowsOf(x)));
}

/**
 * How many pixels of a row make the tiles that take least time, a divisor of the width.
 *
 * With tiles, fewer and longer pieces of the image are copied, and products are less narrow, but the block Toeplitz
 * matrices of the taps have more numbers, most of them zero.
 */
function tileLength(
  { offsets, boundary, kernel, edge }: AffineConvolution,
  width: number,
  productsPerCopy: number,
): number {
  const grid = gridOf(offsets);
  const [taps, inputs, outputs] = kernel.shape as [number, number, number];
  if (!grid || edge || taps === 1) {
    return 1;
  }
  /** Per pixel, in multiplications and additions. */
  const cost = (length: number): number => {
    const reached = grid.rows.length * tilesOf(width / length, length, boundary, grid).length;
    return (reached * productsPerCopy) / length + reached * length * inputs * outputs;
  };
  const lengths = Array.from({ length: width }, (_, index) => index + 1).filter((one) => width % one === 0);
  return lengths.reduce((best, one) => (cost(one) < cost(best) ? one : best));
}

/**
 * A convolution of images `width` pixels wide as one between tiles of `length` pixels: `[taps, in, out]` becomes
 * `[tiles, length·in, length·out]`.
 *
 * @throws RangeError if its taps form no grid, or if it has an edge channel
 */
export function betweenTiles(
  { offsets, boundary, kernel, edge, bias, scale }: AffineConvolution,
  width: number,
  length: number,
): AffineConvolution {
  const grid = gridOf(offsets);
  if (!grid || edge) {
    throw new RangeError('only a convolution whose taps form a grid, without an edge channel, has tiles');
  }
  const { rows, columns } = grid;
  const [, inputs, outputs] = kernel.shape as [number, number, number];
  const tiles = tilesOf(width / length, length, boundary, grid);
  const scaled = scale ? multiply(kernel, scale) : kernel;
  const shift = bias && scale ? multiply(bias, scale) : bias;
  return {
    offsets: rows.flatMap((row) => tiles.map((tile): Offset => [row, 0 - tile])),
    boundary,
    edge,
    kernel: blockToeplitz(
      reshape(scaled, [rows.length, columns.length, inputs, outputs]),
      length,
      tiles,
      placesAt(width, boundary, columns),
    ),
    bias: shift && reshape(expand(reshape(shift, [1, outputs]), [length, outputs]), [length * outputs]),
  };
}

/** The tiles that the taps reach, by how far back they lie: among those of a row if it wraps around. */
function tilesOf(count: number, length: number, boundary: Shifts['boundary'], grid: TapGrid): number[] {
  const placesOf = placesAt(count * length, boundary, grid.columns);
  const [first, last] = boundary === 'wrap' ? [0, count - 1] : [1 - count, count - 1];
  return tilesReached(first, last, length, placesOf);
}

/** The columns of taps that read a pixel so far back. */
function placesAt(
  width: number,
  boundary: Shifts['boundary'],
  columns: readonly number[],
): (distance: number) => number[] {
  return (distance) =>
    columns.flatMap((column, place) => {
      const apart = distance + column;
      return (boundary === 'wrap' ? apart % width === 0 : apart === 0) ? [place] : [];
    });
}
