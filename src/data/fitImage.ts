// An image brought to the size and the kind that a model takes, or the reason why it is not.
import { UserError } from '../errors.ts';
import { type ImageShape, showImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import type { Image } from './png.ts';

/** The share of each colour in the luminance (ITU-R BT.601). */
const luminance = [0.299, 0.587, 0.114] as const;

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
        ? repeated(pixels)
        : channels === 1 && given === 3 && (resize || isColourless(pixels))
          ? grey(pixels)
          : undefined;
  const isSize = rows === height && columns === width;
  if (inKind === undefined || !(isSize || resize)) {
    const [found, expected] = [shape, wanted].map((one) => `${showImageShape(one)}${kindOf(one)}`);
    const remedy = resize ? 'convert it' : 'add --resize to fit it';
    throw new UserError(
      `${source} is ${found}, the model takes ${expected} (height x width x channels): ${remedy}`,
    );
  }
  return isSize ? inKind : resized(inKind, [rows, columns, channels], wanted);
}

function kindOf([, , channels]: ImageShape): string {
  return channels === 1 ? ' grey' : channels === 3 ? ' colour' : '';
}

function repeated(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 3 * pixels.length }, (_, index) => pixels[Math.floor(index / 3)]!);
}

function isColourless(pixels: Uint8Array): boolean {
  return pixels.every((value, index) => value === pixels[index - (index % 3)]);
}

function grey(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: pixels.length / 3 }, (_, pixel) =>
    Math.round(luminance.reduce((sum, share, channel) => sum + share * pixels[3 * pixel + channel]!, 0)),
  );
}

/** Height and width by a triangle filter: bilinear where an image grows, a weighted mean of all it covers where not. */
function resized(pixels: Uint8Array, from: ImageShape, to: ImageShape): Uint8Array {
  const tall = resample(pixels, [1, from[0], from[1] * from[2]], to[0]);
  return Uint8Array.from(resample(tall, [to[0], from[1], from[2]], to[1]), Math.round);
}

/** An array `[outer, length, inner]` with another length of its middle axis. */
function resample(
  values: ArrayLike<number>,
  [outer, length, inner]: readonly [number, number, number],
  wanted: number,
): Float64Array {
  const out = new Float64Array(sizeOf([outer, wanted, inner]));
  const scale = length / wanted;
  const reach = Math.max(1, scale);
  for (let target = 0; target < wanted; target++) {
    const centre = (target + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(length - 1, Math.floor(centre + reach));
    const weights = Array.from(
      { length: last - first + 1 },
      (_, index) => 1 - Math.abs(first + index - centre) / reach,
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let block = 0; block < outer; block++) {
      for (let element = 0; element < inner; element++) {
        let sum = 0;
        weights.forEach((weight, index) => {
          sum += weight * values[(block * length + first + index) * inner + element]!;
        });
        out[(block * wanted + target) * inner + element] = sum / total;
      }
    }
  }
  return out;
}
