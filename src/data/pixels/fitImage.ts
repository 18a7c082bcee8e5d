// Converts an image to the size and colour type of a model, or reports why it cannot.
import { option, type Phrase, phrase, UserError } from '../../errors.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import type { Values } from '../../numeric/values.ts';
import { unrepeated } from './repeatedPixels.ts';
import { grey, inColour, isColourless, resized } from './resize.ts';

/** One image in memory. */
interface Image {
  /** Height, width and channels: 1 is grey, 3 is colour. */
  readonly shape: ImageShape;
  /** HWC. */
  readonly pixels: Values;
}

/**
 * The pixels of an image in the given shape. Lossless conversions are always done: grey to colour, and colour
 * images without colour to grey; with `onNote` also undoing an enlargement that repeats pixels. Others require `resize`:
 * colour to luminance, and resizing with a triangle filter, stretched if the aspect ratio differs.
 *
 * @param source the image's name, for errors
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
  const [rows, columns, given] = shape;
  const converted =
    given === channels
      ? pixels
      : channels === 3 && given === 1
        ? inColour(pixels)
        : channels === 1 && given === 3 && (resize || isColourless(pixels))
          ? grey(pixels)
          : undefined;
  const isSize = rows === height && columns === width;
  const native = onNote && converted && unrepeated(converted, [rows, columns, channels], [height, width]);
  if (native) {
    onNote(`${source} repeats every pixel ${native.times}x${native.times}: read as ${height}x${width}`);
    return native.pixels;
  }
  if (converted === undefined || !(isSize || resize)) {
    const [found, expected] = [shape, wanted].map((one) => `${showImageShape(one)}${kindOf(one)}`) as [
      string,
      string,
    ];
    throw new UserError(
      'mismatch',
      phrase`${source} is ${found}, but the model takes ${expected} (height x width x channels): ${remedy}`,
    );
  }
  return resized(converted, [rows, columns, channels], [height, width]);
}

function kindOf([, , channels]: ImageShape): string {
  return channels === 1 ? ' grey' : channels === 3 ? ' colour' : '';
}
