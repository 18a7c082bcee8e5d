// Where an image is bright: the mean value of each ninth of it.
import type { ImageShape } from '../../../numeric/imageShape.ts';
import type { Values } from '../../../numeric/values.ts';

/** The names of the ninths, row by row. */
export const ninthNames = Array.from({ length: 9 }, (_, place) => `ninth ${place}`);

/** The mean value in each cell of a 3 x 3 grid, over pixels and channels; 0 in a cell of an image that has no pixel there. */
export function ninthsOf(pixels: Values, [height, width, channels]: ImageShape): Float64Array {
  const sums = new Float64Array(9);
  const counts = new Float64Array(9);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const cell = 3 * Math.floor((3 * row) / height) + Math.floor((3 * column) / width);
      const first = (row * width + column) * channels;
      for (let value = first; value < first + channels; value++) {
        sums[cell]! += pixels[value]!;
      }
      counts[cell]! += channels;
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, counts[cell]!));
}
