// Converts a source image of any size to square images of a dataset: downscaled, cropped or cut into tiles.
import { UserError } from '../../core/errors.ts';
import {
  copied,
  type ImageShape,
  inEightBits,
  largestImage,
  requireFinite,
  requireWhole,
  showImageShape,
  type Values,
} from '../../core/numeric/index.ts';
import type { DecodedImage, EightBitImage } from '../contract/rawImages.ts';
import { grey, inColour } from './channels.ts';
import { resized } from './resize.ts';

/** The ways to make source images square, with descriptions. */
export const crops = {
  center: 'the central square, downscaled',
  none: 'the whole image, downscaled and stretched to a square',
  tiles: 'as many square tiles as fit, not downscaled',
} as const;

/** The name of one of `crops`. */
export type Crop = keyof typeof crops;

/** How source images are converted. */
export interface FitOptions {
  /** Height and width. */
  readonly size: number;
  readonly crop: Crop;
  /** Grey (1) or colour (3); images of other than 8 bits, or of two or four channels, keep these, which need not be colours. */
  readonly channels: 1 | 3;
  /** 16 keeps images of 16 bits unchanged; by default they are rounded to 8. */
  readonly bits?: 8 | 16 | undefined;
}

/**
 * Checks how images are to be converted, before anything is read.
 *
 * @param tiles the least deviation of tiles, and the share held out for validation
 * @throws UserError (`invalid-argument`) if an option has no such value, or no model takes images of this size
 */
export function requireFit(
  { size, channels, crop, bits = 8 }: FitOptions,
  {
    leastDeviation = 0,
    validation = 0,
  }: { readonly leastDeviation?: number | undefined; readonly validation?: number | undefined } = {},
): void {
  requireWhole('size', size, 1);
  requireFinite('leastDeviation', leastDeviation, 0);
  requireAmong('channels', channels, [1, 3]);
  requireAmong('bits', bits, [8, 16]);
  requireAmong('crop', crop, Object.keys(crops));
  if (!(validation >= 0 && validation < 1)) {
    throw new UserError(
      'invalid-argument',
      `validation must be at least 0 and below 1, not ${String(validation)}`,
    );
  }
  if (size * size > largestImage.pixels) {
    const gigabytes = ((size * size * channels) / 2 ** 30).toFixed(1);
    throw new UserError(
      'invalid-argument',
      `images of ${showImageShape([size, size, channels])} take ${gigabytes} GiB each, and models take at most ` +
        `${Math.sqrt(largestImage.pixels)} pixels a side: choose a smaller size`,
    );
  }
}

function requireAmong(name: string, value: string | number, values: readonly (string | number)[]): void {
  if (!values.includes(value)) {
    throw new UserError('invalid-argument', `${name} must be ${values.join(' or ')}, not ${String(value)}`);
  }
}

/** The images made from a source image. */
export interface FittedPicture {
  /** Images [size, size, channels]; none if the source image is too small for a tile. */
  readonly images: readonly Values[];
  /** The channels of these images. */
  readonly channels: number;
  /** Conversions that may be unwanted: `enlarged`, `grey converted to colour`, … */
  readonly notes: readonly string[];
}

/**
 * Converts a source image. Colour becomes luminance for grey images of 8 bits.
 */
export function fitPicture(picture: DecodedImage, options: FitOptions): FittedPicture {
  const { data: values } = picture;
  if (values instanceof Uint8Array) {
    return fitEightBit({ ...picture, data: values }, options);
  }
  if (values instanceof Uint16Array && options.bits !== 16) {
    const notes = [...picture.notes, '16-bit'];
    return fitEightBit({ ...picture, data: inEightBits(values), notes }, options);
  }
  const { height, width, channels, data, notes } = picture;
  return fitPixels(data, [height, width, channels], options, [...notes]);
}

function fitEightBit(picture: EightBitImage, options: FitOptions): FittedPicture {
  const { height, width, data } = picture;
  const { channels } = options;
  const notes = [...picture.notes];
  if (picture.channels % 2 === 0) {
    return fitPixels(data, [height, width, picture.channels], options, notes);
  }
  const isGrey = picture.channels === 1;
  const pixels = isGrey === (channels === 1) ? data : isGrey ? inColour(data) : grey(data);
  if (isGrey !== (channels === 1)) {
    notes.push(isGrey ? 'grey converted to colour' : 'colour converted to grey');
  }
  return fitPixels(pixels, [height, width, channels], options, notes);
}

function fitPixels(
  pixels: Values,
  shape: ImageShape,
  { size, crop }: FitOptions,
  notes: string[],
): FittedPicture {
  const [height, width, channels] = shape;
  if (crop === 'tiles') {
    const tiles = cutTiles(pixels, shape, size);
    if (tiles.length === 0) {
      notes.push('too small for a tile');
    }
    return { images: tiles, channels, notes };
  }
  if (height < size || width < size) {
    notes.push('enlarged');
  }
  if (crop === 'none') {
    return { images: [resized(pixels, shape, [size, size])], channels, notes };
  }
  const side = Math.min(height, width);
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  const square = cut(pixels, shape, [top, left], side);
  return { images: [resized(square, [side, side, channels], [size, size])], channels, notes };
}

/** The tiles of an image, row by row; the remainder is split evenly between the margins. */
function cutTiles(pixels: Values, shape: ImageShape, size: number): Values[] {
  const [height, width] = shape;
  const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
  const [top, left] = [Math.floor((height - rows * size) / 2), Math.floor((width - columns * size) / 2)];
  return Array.from({ length: rows * columns }, (_, tile) => {
    const [row, column] = [Math.floor(tile / columns), tile % columns];
    return cut(pixels, shape, [top + row * size, left + column * size], size);
  });
}

function cut(
  pixels: Values,
  [height, width, channels]: ImageShape,
  [top, left]: readonly [number, number],
  side: number,
): Values {
  if (height === side && width === side) {
    return pixels;
  }
  const line = side * channels;
  const out = copied(pixels, side * line);
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * width + left) * channels;
    out.set(pixels.subarray(start, start + line), row * line);
  }
  return out;
}
