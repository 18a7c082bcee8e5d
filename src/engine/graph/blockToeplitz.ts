// Block Toeplitz matrices: the matrix of a convolution along a row of pixels.
import { reshape, transpose } from '../../tensor/operations/layout.ts';
import { product } from '../../tensor/operations/product.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';

/**
 * For each of R rows of blocks and each of D tiles, the matrix of `length`² blocks that maps one tile of pixels to
 * another, `[R·D, length·r, length·c]`, row by row: its block in row i and column j is the sum of the blocks at
 *
 *     placesOf(tile·length + j − i)
 *
 * It is a product of zeros and ones with the blocks, so its gradient is one too.
 *
 * @param blocks `[R, B, r, c]`
 * @param tiles how many tiles back each lies
 * @param placesOf the places, 0 to B − 1, for a distance back in pixels; none for a block of zeros
 */
export function blockToeplitz(
  blocks: Tensor,
  length: number,
  tiles: readonly number[],
  placesOf: (distance: number) => readonly number[],
): Tensor {
  const [rows, count, r, c] = blocks.shape as [number, number, number, number];
  const choice = new Float64Array(tiles.length * length * length * count);
  let first = 0;
  for (const tile of tiles) {
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++) {
        for (const place of placesOf(tile * length + j - i)) {
          choice[first + place]! += 1;
        }
        first += count;
      }
    }
  }
  const byPlace = reshape(transpose(reshape(blocks, [rows, count, r * c]), [1, 0, 2]), [count, rows * r * c]);
  const chosen = product(constant({ shape: [tiles.length * length * length, count], data: choice }), byPlace);
  const square = reshape(chosen, [tiles.length, length, length, rows, r, c]);
  return reshape(transpose(square, [3, 0, 1, 4, 2, 5]), [rows * tiles.length, length * r, length * c]);
}

/** Which of the tiles from `first` to `last` back hold a pixel at a distance that has a place. */
export function tilesReached(
  first: number,
  last: number,
  length: number,
  placesOf: (distance: number) => readonly number[],
): number[] {
  const tiles = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const within = Array.from({ length: 2 * length - 1 }, (_, index) => index - length + 1);
  return tiles.filter((tile) => within.some((distance) => placesOf(tile * length + distance).length > 0));
}
