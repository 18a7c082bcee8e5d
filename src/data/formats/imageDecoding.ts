// Decodes PNG, JPEG and WebP files.
import { UserError } from '../../errors.ts';
import { Budget, maxImagePixels } from '../budget.ts';
import type { Admit, DecodedImage } from '../rawImages.ts';
import { charactersOf, viewOf } from './bytes.ts';
import { decodePhoto } from './photoDecoding.node.ts';
import { decodePng } from './png.ts';

/** The offset at which the width and height in a PNG file end. */
const pngSizeEnd = 24;
/** The decoder of a progressive JPEG keeps all coefficients, two bytes each, in addition to the pixels. */
const maxProgressivePixels = (2 * maxImagePixels) / 3;
/** Bytes per pixel while an image is decoded. */
const decodedBytes = 3;

/** The file names that `decodeImage` supports. */
export const imageName = /\.(png|jpe?g|webp)$/i;

/** Names of images in other formats: reported rather than read, so that pixels do not depend on what is installed. */
export const otherImageName = /\.(gif|bmp|tiff?|avif|heic|heif|jxl)$/i;

/**
 * Decodes a PNG, JPEG or WebP file, recognised by its first bytes, not by name. The result is grey (1) or RGB
 * (3). Possible notes: 'palette', '16-bit', 'transparency on white', 'CMYK', 'rotated' (by its EXIF
 * orientation), 'first of several frames' (of an animation).
 *
 * PNG is always read by the same decoder, so that pixels do not depend on what is installed; JPEG and WebP
 * need the optional package sharp, in a page the browser's own decoder.
 *
 * @param source the file, for errors
 * @param limits.budget the budget of the source that contains it; by default it is the only image
 * @param limits.admit called before memory is allocated
 * @throws UserError if it has another format, is corrupt or too large, or sharp is missing; OverBudget
 */
export async function decodeImage(
  bytes: Uint8Array,
  source: string,
  { budget = new Budget(source, bytes.length), admit }: { budget?: Budget; admit?: Admit | undefined } = {},
): Promise<DecodedImage> {
  const begin = async (width: number, height: number, isProgressive = false): Promise<void> => {
    const pixels = width * height;
    if (isProgressive && pixels > maxProgressivePixels) {
      throw new Error(`progressive, with ${height}x${width} pixels, which takes more than 1 GiB to decode`);
    }
    // Larger images are rejected by the decoders.
    if (pixels <= maxImagePixels) {
      budget.spend(pixels, 'pixels');
      await admit?.(decodedBytes * pixels);
    }
  };
  switch (formatOf(bytes)) {
    case 'PNG':
      if (bytes.length >= pngSizeEnd) {
        const view = viewOf(bytes);
        await begin(view.getUint32(pngSizeEnd - 8), view.getUint32(pngSizeEnd - 4));
      }
      return decodePng(bytes, source);
    case 'JPEG':
    case 'WebP':
      return decodePhoto(bytes, source, begin);
    case undefined:
      throw new UserError(
        'invalid-data',
        `${source}: ${bytes.length === 0 ? 'empty; use another copy' : 'not a PNG, JPEG or WebP image; convert it'}`,
      );
  }
}

function formatOf(bytes: Uint8Array): 'PNG' | 'JPEG' | 'WebP' | undefined {
  const start = charactersOf(bytes.subarray(0, 12));
  if (start.startsWith('\x89PNG')) {
    return 'PNG';
  }
  if (start.startsWith('\xff\xd8\xff')) {
    return 'JPEG';
  }
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'WebP' : undefined;
}
