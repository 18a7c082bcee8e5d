// The pixels of an image that a model takes, in its size and colours, or that lossless compression takes, as stored.
import { option, type Phrase, phrase, UserError } from '../../core/errors.ts';
import {
  type ImageShape,
  isPointShape,
  kindInWords,
  showImageShape,
  type Values,
  valueKind,
  zeros,
} from '../../core/numeric/index.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { grey, inColour, isColourless } from './channels.ts';
import { resized } from './resize.ts';

interface Image {
  /** Height, width and channels: 1 is grey, 3 is colour. */
  readonly shape: ImageShape;
  /** HWC. */
  readonly pixels: Values;
}

/**
 * The pixels of an image in the given shape. Lossless conversions are always done: grey to colour, and colour
 * images without colour to grey; with `onNote` also undoing an enlargement that repeats pixels. Others require `resize`:
 * colour to luminance, and resizing with a triangle filter, stretched if the aspect ratio differs. Channels of real numbers
 * aren't colours, and stay.
 *
 * @param remedy what to do about an image that doesn't fit, for errors
 * @param onNote called with a line if an enlargement is undone; without it, such an image has another size
 * @throws UserError if the image has another size or colour type and `resize` is not set
 */
export function fitImage(
  { shape, pixels }: Image,
  wanted: ImageShape,
  {
    source,
    resize = false,
    remedy = resize ? ['convert it'] : phrase`add ${option('resize', true)} to fit it`,
    onNote,
  }: { source: string; resize?: boolean; remedy?: Phrase; onNote?: ((note: string) => void) | undefined },
): Values {
  const [height, width, channels] = wanted;
  const [rows, columns, channelCount] = shape;
  const isReal = pixels instanceof Float32Array;
  const converted =
    channelCount === channels
      ? pixels
      : channels === 3 && channelCount === 1 && !isReal
        ? inColour(pixels)
        : channels === 1 && channelCount === 3 && !isReal && (resize || isColourless(pixels))
          ? grey(pixels)
          : undefined;
  const isSize = rows === height && columns === width;
  const native = onNote && converted && unrepeated(converted, [rows, columns, channels], [height, width]);
  if (native) {
    onNote(`${source} repeats every pixel ${native.times}x${native.times}: read as ${height}x${width}`);
    return native.pixels;
  }
  if (isPointShape(wanted) && pixels instanceof Float32Array && !(isSize && channelCount === channels)) {
    throw new UserError(
      'mismatch',
      `${source} ${isPointShape(shape) ? `has points of ${channelCount} numbers` : `is ${showImageShape(shape)}`}, but the model takes points of ${channels} numbers: a .csv or .npy file with ${channels} columns`,
    );
  }
  if (converted === undefined || !(isSize || resize)) {
    const [actual, expected] = [shape, wanted].map(
      (candidateShape) => `${showImageShape(candidateShape)}${isReal ? '' : typeText(candidateShape)}`,
    ) as [string, string];
    throw new UserError(
      'mismatch',
      phrase`${source} is ${actual}, but the model takes ${expected} (height x width x channels): ${converted || !isReal ? remedy : ['convert it']}`,
    );
  }
  return resized(converted, [rows, columns, channels], [height, width]);
}

function typeText([, , channels]: ImageShape): string {
  return channels === 1 ? ' grey' : channels === 3 ? ' colour' : '';
}

interface Unrepeated {
  readonly pixels: Values;
  /** How many times each pixel is repeated, in both directions. */
  readonly times: number;
}

/** The image of a wanted size whose pixels are each repeated in the given one; undefined if there is none. */
function unrepeated(
  pixels: Values,
  [rows, columns, channels]: ImageShape,
  [height, width]: readonly [number, number],
): Unrepeated | undefined {
  const factor = rows / height;
  if (!Number.isInteger(factor) || factor < 2 || columns !== width * factor) {
    return undefined;
  }
  const reduced = zeros(valueKind(pixels)!, height * width * channels);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * channels;
      const to = (Math.floor(row / factor) * width + Math.floor(column / factor)) * channels;
      const isFirst = row % factor === 0 && column % factor === 0;
      for (let channel = 0; channel < channels; channel++) {
        if (isFirst) {
          reduced[to + channel] = pixels[from + channel]!;
        } else if (reduced[to + channel] !== pixels[from + channel]) {
          return undefined;
        }
      }
    }
  }
  return { pixels: reduced, times: factor };
}

/** What decoding changed for good, by its note, and why 8-bit grey or colour pixels can't hold it. */
const losses: Readonly<Record<string, string>> = {
  '16-bit': 'has more than 8 bits per value, and only 8 can be compressed',
  'transparency on white': 'is transparent: only grey and RGB can be compressed; remove its alpha channel',
  CMYK: 'is in CMYK, and only grey and RGB can be compressed',
  'first of several frames': 'has several frames, and only single images can be compressed',
};

/** The pixels of the picture in a file, or why 8-bit grey or colour pixels can't be all of it. */
export function exactPixels({ notes, data }: DecodedImage): Uint8Array | string {
  if (!(data instanceof Uint8Array)) {
    return `has ${kindInWords(valueKind(data)!)}, and only integers of 8 bits can be compressed`;
  }
  const note = notes.find((lossNote) => lossNote in losses);
  return note === undefined ? data : losses[note]!;
}
