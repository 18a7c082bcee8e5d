// Undoes an enlargement that repeats pixels, as contact sheets and the studio's downloads do.
import type { ImageShape } from '../../numeric/imageShape.ts';
import { kindOf, type Values, zeros } from '../../numeric/values.ts';

/** An image that another one enlarges. */
interface Unrepeated {
  readonly pixels: Values;
  /** How many times each pixel is repeated, in both directions. */
  readonly times: number;
}

/**
 * The image of a wanted size of which every pixel is repeated `times` x `times` in the given one; undefined if there is none.
 *
 * @param pixels HWC
 */
export function unrepeated(
  pixels: Values,
  [rows, columns, channels]: ImageShape,
  [height, width]: readonly [number, number],
): Unrepeated | undefined {
  const times = rows / height;
  if (!Number.isInteger(times) || times < 2 || columns !== width * times) {
    return undefined;
  }
  const own = zeros(kindOf(pixels)!, height * width * channels);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * channels;
      const to = (Math.floor(row / times) * width + Math.floor(column / times)) * channels;
      const isFirst = row % times === 0 && column % times === 0;
      for (let channel = 0; channel < channels; channel++) {
        if (isFirst) {
          own[to + channel] = pixels[from + channel]!;
        } else if (own[to + channel] !== pixels[from + channel]) {
          return undefined;
        }
      }
    }
  }
  return { pixels: own, times };
}
