// An image brought to the size and the kind that a model takes, or the reason why it is not.
import { option, phrase, UserError } from '../../errors.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import { grey, inColour, resized } from './resize.ts';

/** One image in memory: 8 bits a channel, HWC. */
interface Image {
  /** Height, width and channels: 1 is grey, 3 is colour. */
  readonly shape: ImageShape;
  /** Row by row, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

/**
 * The pixels of an image in the given shape. What loses nothing is done unasked: grey becomes colour, and colour
 * without any colour in it grey. The rest only with `resize`: colour to its luminance, and another size by a
 * triangle filter, stretched where the sides have another ratio.
 *
 * @param source the image's name, for errors
 * @throws UserError if the image has another size or kind and `resize` is not set
 */
export function fitImage(
  { shape, pixels }: Image,
  wanted: ImageShape,
  { source, resize = false }: { source: string; resize?: boolean },
): Uint8Array {
  const [height, width, channels] = wanted;
  const [rows, columns, given] = shape;
  const inKind =
    given === channels
      ? pixels
      : channels === 3 && given === 1
        ? inColour(pixels)
        : channels === 1 && given === 3 && (resize || isColourless(pixels))
          ? grey(pixels)
          : undefined;
  const isSize = rows === height && columns === width;
  if (inKind === undefined || !(isSize || resize)) {
    const [found, expected] = [shape, wanted].map((one) => `${showImageShape(one)}${kindOf(one)}`) as [
      string,
      string,
    ];
    const remedy = resize ? ['convert it'] : phrase`add ${option('resize', true)} to fit it`;
    throw new UserError(
      'mismatch',
      phrase`${source} is ${found}, the model takes ${expected} (height x width x channels): ${remedy}`,
    );
  }
  return resized(inKind, [rows, columns, channels], [height, width]);
}

function kindOf([, , channels]: ImageShape): string {
  return channels === 1 ? ' grey' : channels === 3 ? ' colour' : '';
}

function isColourless(pixels: Uint8Array): boolean {
  return pixels.every((value, index) => value === pixels[index - (index % 3)]);
}
