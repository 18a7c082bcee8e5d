// PNG files as 8-bit images, grey or colour, whatever form of PNG they come in.
import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from 'fast-png';
import { UserError } from '../../errors.ts';
import { onWhite } from '../pixels/onWhite.ts';
import type { DecodedImage } from '../rawImages.ts';
import { damaged } from './bytes.ts';
import { essentialPng } from './pngChunks.ts';

/**
 * The image in the bytes of a PNG file. Palettes and 1, 2 and 4 bits are expanded, 16 bits are rounded to 8, an alpha
 * channel goes: what is transparent lies on white.
 *
 * @param source the file, for errors
 * @throws UserError if it is no PNG or damaged
 */
export function decodePng(bytes: Uint8Array, source: string): DecodedImage {
  if (bytes.length === 0) {
    throw new UserError('invalid-data', `${source}: empty; use another copy`);
  }
  if (!hasPngSignature(bytes)) {
    throw new UserError('invalid-data', `${source}: not a PNG image; convert it to PNG`);
  }
  try {
    const { header, bytes: checked } = essentialPng(bytes);
    if (header.interlaced && header.depth < 8) {
      throw new Error(`interlaced with ${header.depth} bits a pixel, which cannot be read`);
    }
    return onWhite(eightBit(decode(checked, { checkCrc: true })));
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).replace(/:\s*$/, '');
    throw damaged(source, why, cause);
  }
}

/** Its values spread over 8 bits, palettes looked up, a transparent colour as an alpha channel. */
function eightBit(png: DecodedPng): DecodedImage {
  const { width, height, depth, palette, data } = png;
  const channels = png.channels as DecodedImage['channels'];
  // Colour images may have a palette too, as a hint for old screens.
  if (palette && channels === 1) {
    const colours = palette[0]!.length as 3 | 4;
    return { width, height, channels: colours, data: convertIndexedToRgb(png), notes: ['palette'] };
  }
  const image = { width, height, channels, data: withEightBits(png), notes: notesOn(depth) };
  return png.transparency
    ? withAlpha(image, (pixel) =>
        png.transparency!.every((value, channel) => sample(pixel, channel) === value),
      )
    : image;

  /** The value before it was spread: colours that 8 bits do not tell apart are not both transparent. */
  function sample(pixel: number, channel: number): number {
    return depth < 8
      ? Math.round((image.data[pixel]! * (2 ** depth - 1)) / 255)
      : data[pixel * channels + channel]!;
  }
}

function withEightBits(png: DecodedPng): Uint8Array {
  const { depth, data } = png;
  if (depth < 8) {
    const white = 2 ** depth - 1;
    const greys = Array.from({ length: white + 1 }, (_, value) => [(255 * value) / white]);
    return convertIndexedToRgb({ ...png, palette: greys });
  }
  return depth === 16 ? Uint8Array.from(data, (value) => Math.round(value / 257)) : asBytes(data);
}

function notesOn(depth: number): string[] {
  return depth === 16 ? ['16-bit'] : [];
}

function asBytes(data: DecodedPng['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The image with an alpha channel that is 0 for some pixels and 255 for the rest. */
function withAlpha(image: DecodedImage, isTransparent: (pixel: number) => boolean): DecodedImage {
  const channels = (image.channels + 1) as 2 | 4;
  const data = new Uint8Array(image.width * image.height * channels);
  for (let pixel = 0; pixel < image.width * image.height; pixel++) {
    data.set(image.data.subarray(pixel * image.channels, (pixel + 1) * image.channels), pixel * channels);
    data[(pixel + 1) * channels - 1] = isTransparent(pixel) ? 0 : 255;
  }
  return { ...image, channels, data };
}
