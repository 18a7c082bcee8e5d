// Decodes JPEG, WebP, GIF, TIFF and AVIF files by the optional package sharp.
import type { Metadata, Sharp } from 'sharp';
import { UserError } from '../../core/errors.ts';
import { missingPackages } from '../../core/platform/index.node.ts';
import { type DecodedImage, isImageChannels } from '../contract/rawImages.ts';
import { type BeginDecoding, maxImagePixels } from '../contract/reading.ts';
import { onWhite } from '../pixels/channels.ts';
import type { Integers } from '../pixels/values.ts';
import { corruptFile } from './bytes.ts';
import { decodingCost, requirePlausible, tiffHeader } from './photoCost.ts';

/** The formats of `decodePhoto`, in words. */
export const photoFormats = 'JPEG, WebP, GIF, TIFF or AVIF';

/** The extensions of their file names, as a pattern. */
export const photoExtensions = 'jpe?g|webp|gif|tiff?|avif';

/**
 * Decodes a file to grey (1) or RGB (3), or a TIFF file of 16 bits to up to four channels, if none is alpha. Colour profiles
 * are ignored, as in PNG files, whose decoder cannot apply them.
 *
 * @throws UserError if it is corrupt or too large, its values are not unsigned integers of 8 or 16 bits, or sharp is missing
 */
export async function decodePhoto(
  bytes: Uint8Array,
  source: string,
  begin: BeginDecoding,
): Promise<DecodedImage<Integers>> {
  const sharp = await loadSharp(source);
  try {
    requirePlausible(bytes);
    // Without a limit, because `begin` refuses large images with a better error.
    const about = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { width, height, depth } = about;
    if (depth !== 'uchar' && depth !== 'ushort') {
      throw new UserError(
        'unsupported',
        `${source}: its values are of type ${depth}, not unsigned integers of 8 or 16 bits: write them to a .npy or FITS file`,
      );
    }
    await begin(width, height, decodingCost(bytes, about));
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: maxImagePixels, ignoreIcc: true });
    const { data, info } = await decodePixels(image.autoOrient(), about);
    if (!isImageChannels(info.channels)) {
      throw new UserError(
        'unsupported',
        `${source}: it has ${info.channels} channels: convert it to grey or RGB`,
      );
    }
    const decoded = {
      width: info.width,
      height: info.height,
      channels: info.channels,
      data,
      notes: notesOn(about),
    };
    // sharp takes any second or fourth channel for alpha; of 16 bits, it may be a measurement.
    return keepsBits(about) && !tiffHeader(bytes, 1).hasAlpha ? decoded : onWhite(decoded);
  } catch (cause) {
    if (cause instanceof UserError) {
      throw cause;
    }
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!;
    throw corruptFile(source, why, cause);
  }
}

interface Pixels {
  readonly data: Integers;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/**
 * The pixels: of TIFF files with all bits, of other files with 8 bits per value; sharp would cut off the lower
 * bits instead of rounding.
 */
async function decodePixels(image: Sharp, about: Metadata): Promise<Pixels> {
  const { depth, space, bitsPerSample = 16 } = about;
  if (depth !== 'ushort' || space === 'cmyk') {
    const eightBit = image.toColourspace(space === 'b-w' ? 'b-w' : 'srgb').raw({ depth: 'uchar' });
    return eightBit.toBuffer({ resolveWithObject: true });
  }
  const { data, info } = await image
    .toColourspace(space === 'grey16' ? 'grey16' : 'rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  if (keepsBits(about)) {
    // A copy, since views of 16 bits start at even places.
    return { data: new Uint16Array(Uint8Array.from(data).buffer), info };
  }
  // Values of 10 or 12 bits are in the upper bits.
  const [shift, largest] = [16 - bitsPerSample, 2 ** bitsPerSample - 1];
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  // Uint8Array.from would take 80 bytes per value.
  const rounded = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index++) {
    rounded[index] = Math.round(((values[index]! >> shift) * 255) / largest);
  }
  return { data: rounded, info };
}

/** Whether all 16 bits of values are kept. */
function keepsBits({ depth, space, format, bitsPerSample = 16 }: Metadata): boolean {
  return depth === 'ushort' && space !== 'cmyk' && format === 'tiff' && bitsPerSample === 16;
}

function notesOn(about: Metadata): string[] {
  const { depth, format, isPalette, orientation = 1, pages = 1, space } = about;
  return [
    ...(isPalette && format !== 'gif' ? ['palette'] : []),
    ...(depth === 'ushort' && !keepsBits(about) ? ['16-bit'] : []),
    ...(space === 'cmyk' ? ['CMYK'] : []),
    ...(orientation > 1 ? ['rotated'] : []),
    ...(pages > 1 ? ['first of several frames'] : []),
  ];
}

async function loadSharp(source: string): Promise<typeof import('sharp')['default']> {
  try {
    const { default: sharp } = await import('sharp');
    // Images are small and never read twice: no threads for a single image, no cache.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch (cause) {
    throw missingPackages(`${source}: reading images other than PNG requires`, ['sharp'], cause);
  }
}
