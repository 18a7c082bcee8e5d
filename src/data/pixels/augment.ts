// Data augmentation: random flips, transposes and shifts, drawn each time an image is used.
import { UserError } from '../../core/errors.ts';
import {
  copied,
  type ImageShape,
  kindInWords,
  type RandomStream,
  type ValueKind,
  type Values,
} from '../../core/numeric/index.ts';

interface Augmentation {
  /** What it does, in a few words. */
  readonly description: string;
  /** Whether it swaps height and width. */
  readonly transposes: boolean;
  /** Whether it computes values that no image has: only for 8-bit images. */
  readonly interpolates: boolean;
  /** Augments an image [H, W, C] in place. */
  apply(image: Values, shape: ImageShape, random: RandomStream): void;
}

/** The largest shift, as a fraction of the side. */
const LARGEST_SHIFT = 0.1;

/** Every augmentation by its name. */
export const augmentations = {
  flip: {
    description: 'mirrored left-right with probability ½',
    transposes: false,
    interpolates: false,
    apply: (image, shape, random) => withProbabilityHalf(random, () => flipColumns(image, shape)),
  },
  flipVertical: {
    description: 'mirrored top-bottom with probability ½',
    transposes: false,
    interpolates: false,
    apply: (image, shape, random) => withProbabilityHalf(random, () => flipRows(image, shape)),
  },
  transpose: {
    description: 'transposed with probability ½; for square images',
    transposes: true,
    interpolates: false,
    apply: (image, shape, random) => withProbabilityHalf(random, () => transpose(image, shape)),
  },
  shift: {
    description: 'shifted by up to 10 % of each side, with subpixel precision; edges are repeated',
    transposes: false,
    interpolates: true,
    apply: (image, shape, random) => randomShift(image, shape, random, repeated),
  },
  shiftReflect: {
    description: 'shifted by up to 10 % of each side, with subpixel precision; edges are reflected',
    transposes: false,
    interpolates: true,
    apply: (image, shape, random) => randomShift(image, shape, random, reflected),
  },
} as const satisfies Record<string, Augmentation>;

/** The name of an augmentation. */
export type AugmentationName = keyof typeof augmentations;

/**
 * Checks that the augmentations fit images of this shape and kind.
 *
 * @throws UserError (`invalid-config`) if non-square images would be transposed, or values other than 8-bit integers
 * interpolated
 */
export function checkAugmentations(
  names: readonly AugmentationName[],
  [height, width]: ImageShape,
  kind: ValueKind,
): void {
  const interpolating = names.find((each) => augmentations[each].interpolates);
  if (interpolating !== undefined && kind !== 'uint8') {
    throw new UserError(
      'invalid-config',
      `data.augment: ${interpolating} interpolates 8-bit values, but these images are ${kindInWords(kind)}: remove it`,
    );
  }
  const name = names.find((each) => augmentations[each].transposes);
  if (name !== undefined && height !== width) {
    throw new UserError(
      'invalid-config',
      `data.augment: ${name} requires square images, but these are ${height} x ${width}: remove it`,
    );
  }
}

/** Applies augmentations to an image [H, W, C] in place, in the given order, drawing only from `random`. */
export function augment(
  image: Values,
  shape: ImageShape,
  names: readonly AugmentationName[],
  random: RandomStream,
): void {
  for (const name of names) {
    augmentations[name].apply(image, shape, random);
  }
}

/**
 * Shifts an image [H, W, C] in place: pixel (r, c) becomes that at (r + `down`, c + `right`), interpolated
 * bilinearly and rounded down.
 *
 * @param edge maps a row or column to one in 0..`length`-1
 */
export function shift(
  image: Values,
  [height, width, channels]: ImageShape,
  [down, right]: readonly [down: number, right: number],
  edge: (index: number, length: number) => number,
): void {
  const source = copied(image);
  const [firstRow, firstColumn] = [Math.floor(down), Math.floor(right)];
  const [rowPart, columnPart] = [down - firstRow, right - firstColumn];
  const length = width * channels;
  // For each value of a row, the indices of its two neighbours.
  const [nearIndices, farIndices] = [new Int32Array(length), new Int32Array(length)];
  for (let index = 0; index < length; index++) {
    const channel = index % channels;
    const column = (index - channel) / channels + firstColumn;
    nearIndices[index] = edge(column, width) * channels + channel;
    farIndices[index] = edge(column + 1, width) * channels + channel;
  }
  const line = new Float64Array(length);
  for (let row = 0; row < height; row++) {
    const above = edge(row + firstRow, height) * length;
    const below = edge(row + firstRow + 1, height) * length;
    // As a + part·(b - a), which is exact for a = b, so that rounding down does not change it.
    for (let index = 0; index < length; index++) {
      const a = source[above + index]!;
      line[index] = a + rowPart * (source[below + index]! - a);
    }
    for (let index = 0; index < length; index++) {
      const a = line[nearIndices[index]!]!;
      image[row * length + index] = Math.floor(a + columnPart * (line[farIndices[index]!]! - a));
    }
  }
}

/** Repeats the edge: a a | a b c | c c. */
export function repeated(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}

/** Mirrors the image at its edge, once: c b a | a b c | c b a. */
export function reflected(index: number, length: number): number {
  return index < 0 ? -1 - index : index >= length ? 2 * length - 1 - index : index;
}

function randomShift(image: Values, shape: ImageShape, random: RandomStream, edge: typeof repeated): void {
  const by = (side: number): number => side * LARGEST_SHIFT * (2 * random.uniform() - 1);
  shift(image, shape, [by(shape[0]), by(shape[1])], edge);
}

function withProbabilityHalf(random: RandomStream, change: () => void): void {
  if (random.integer(2) === 1) {
    change();
  }
}

function flipColumns(image: Values, [height, width, channels]: ImageShape): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0, right = width - 1; column < right; column++, right--) {
      swap(image, (row * width + column) * channels, (row * width + right) * channels, channels);
    }
  }
}

function flipRows(image: Values, [height, width, channels]: ImageShape): void {
  const line = width * channels;
  for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
    swap(image, top * line, bottom * line, line);
  }
}

function transpose(image: Values, [height, width, channels]: ImageShape): void {
  if (height !== width) {
    throw new RangeError(`an image of ${height} x ${width} cannot be transposed in place`);
  }
  for (let row = 0; row < height; row++) {
    for (let column = row + 1; column < width; column++) {
      swap(image, (row * width + column) * channels, (column * width + row) * channels, channels);
    }
  }
}

function swap(image: Values, first: number, second: number, count: number): void {
  for (let index = 0; index < count; index++) {
    const value = image[first + index]!;
    image[first + index] = image[second + index]!;
    image[second + index] = value;
  }
}
