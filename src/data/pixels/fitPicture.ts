// A picture of any size made into the square images of a set: shrunk, cropped or cut into tiles.
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { DecodedImage } from '../rawImages.ts';
import { onWhite } from './onWhite.ts';
import { grey, inColour, resized } from './resize.ts';

/** What becomes of a picture that is not square, or larger than wanted; each with its words for people. */
export const crops = {
  center: 'the square in its centre, shrunk',
  none: 'all of it, shrunk, its sides stretched to a square',
  tiles: 'cut into as many squares as fit, not shrunk',
} as const;

/** The name of one of `crops`. */
export type Crop = keyof typeof crops;

/** The images that are wanted. */
export interface FitOptions {
  /** Height and width. */
  readonly size: number;
  readonly crop: Crop;
  /** Grey (1) or colour (3). */
  readonly channels: 1 | 3;
}

/** What became of a picture. */
export interface FittedPicture {
  /** Images [size, size, channels], none where it is too small for a tile. */
  readonly images: readonly Uint8Array[];
  /** What was done to it that a person may not want: `enlarged`, `grey in colour`, … */
  readonly notes: readonly string[];
}

/** Makes a picture into images; colour becomes its luminance where grey is wanted, what is transparent is on white. */
export function fitPicture(picture: DecodedImage, options: FitOptions): FittedPicture {
  const opaque = onWhite(picture);
  const { height, width } = opaque;
  const { size, crop, channels } = options;
  const notes = [...opaque.notes];
  const isGrey = opaque.channels === 1;
  const pixels =
    isGrey === (channels === 1) ? opaque.data : isGrey ? inColour(opaque.data) : grey(opaque.data);
  if (isGrey !== (channels === 1)) {
    notes.push(isGrey ? 'grey made colour' : 'colour made grey');
  }
  const shape: ImageShape = [height, width, channels];
  if (crop === 'tiles') {
    const tiles = tilesOf(pixels, shape, size);
    if (tiles.length === 0) {
      notes.push('too small for a tile');
    }
    return { images: tiles, notes };
  }
  if (height < size || width < size) {
    notes.push('enlarged');
  }
  if (crop === 'none') {
    return { images: [resized(pixels, shape, [size, size])], notes };
  }
  const side = Math.min(height, width);
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  const square = cut(pixels, shape, [top, left], side);
  return { images: [resized(square, [side, side, channels], [size, size])], notes };
}

/** The tiles of a picture row by row; what is left over is shared between its margins. */
function tilesOf(pixels: Uint8Array, shape: ImageShape, size: number): Uint8Array[] {
  const [height, width] = shape;
  const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
  const [top, left] = [Math.floor((height - rows * size) / 2), Math.floor((width - columns * size) / 2)];
  return Array.from({ length: rows * columns }, (_, tile) => {
    const [row, column] = [Math.floor(tile / columns), tile % columns];
    return cut(pixels, shape, [top + row * size, left + column * size], size);
  });
}

/** The square of `side` pixels from `top` and `left` on. */
function cut(
  pixels: Uint8Array,
  [height, width, channels]: ImageShape,
  [top, left]: readonly [number, number],
  side: number,
): Uint8Array {
  if (height === side && width === side) {
    return pixels;
  }
  const line = side * channels;
  const out = new Uint8Array(side * line);
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * width + left) * channels;
    out.set(pixels.subarray(start, start + line), row * line);
  }
  return out;
}
