// Pixels on the page: drawn digits as in MNIST, and differences between two images.
import type { Images } from '../../work/models.ts';

/** The longer side of a digit, as a share of the image: 20 of 28 pixels. */
const SHARE = 20 / 28;

/**
 * Scales a drawing so that its longer side takes 20 of 28 pixels, centres its mass, and averages the area under each
 * pixel, as MNIST was made from scanned digits.
 *
 * @param strokes the levels of a square drawing, row by row; 0 is empty
 * @returns undefined if nothing was drawn
 */
export function centred(strokes: Uint8Array, shape: Images['shape']): Images | undefined {
  const side = Math.sqrt(strokes.length);
  const [height, width, channels] = shape;
  let [mass, sumX, sumY] = [0, 0, 0];
  let [left, top, right, bottom] = [side, side, -1, -1];
  strokes.forEach((level, index) => {
    if (level > 0) {
      const [x, y] = [index % side, Math.floor(index / side)];
      mass += level;
      sumX += level * (x + 0.5);
      sumY += level * (y + 0.5);
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  });
  if (mass === 0) {
    return undefined;
  }
  // The size of an image pixel in the drawing; the minimum keeps a dot small.
  const longer = Math.max(right - left + 1, bottom - top + 1, side / 8);
  const pixel = longer / (SHARE * Math.min(height, width));
  const pixels = new Uint8Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = sumX / mass + (column - width / 2) * pixel;
      const y = sumY / mass + (row - height / 2) * pixel;
      const level = Math.round(meanIn(strokes, side, [x, y], pixel));
      pixels.fill(level, (row * width + column) * channels, (row * width + column + 1) * channels);
    }
  }
  return { pixels, shape };
}

/** The mean of a drawing over a square, with partly covered pixels weighted by area; empty outside. */
function meanIn(
  strokes: Uint8Array,
  side: number,
  [left, top]: readonly [number, number],
  size: number,
): number {
  const covered = (pixel: number, start: number): number =>
    Math.max(0, Math.min(pixel + 1, start + size) - Math.max(pixel, start));
  let sum = 0;
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(side, top + size); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(side, left + size); x++) {
      sum += strokes[y * side + x]! * covered(x, left) * covered(y, top);
    }
  }
  return sum / size ** 2;
}

/** The differences of two images. */
export interface Differences {
  /** The number of differing values. */
  readonly wrong: number;
  /** The largest difference, in grey levels. */
  readonly most: number;
  /** The differences as grey levels; the largest is white. */
  readonly drawn: Uint8Array;
}

/** Compares two images of the same shape value by value. */
export function countDifferences(before: Uint8Array, after: Uint8Array): Differences {
  const differences = before.map((level, index) => Math.abs(level - after[index]!));
  const largest = differences.reduce((greatest, difference) => Math.max(greatest, difference), 0);
  return {
    wrong: differences.filter((difference) => difference > 0).length,
    most: largest,
    drawn: differences.map((difference) => (largest === 0 ? 0 : Math.round((255 * difference) / largest))),
  };
}
