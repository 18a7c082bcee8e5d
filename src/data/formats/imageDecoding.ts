// Decodes PNG, JPEG and WebP files.
import { UserError } from '../../errors.ts';
import { Budget, maxImagePixels } from '../budget.ts';
import { onWhite } from '../pixels/onWhite.ts';
import type { Admit, DecodedImage } from '../rawImages.ts';
import { charactersOf, corruptFile, viewOf } from './bytes.ts';
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
 * need the optional package sharp.
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
  const begin = async (width: number, height: number): Promise<void> => {
    const pixels = width * height;
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
      return decodeWithSharp(bytes, source, begin);
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

async function decodeWithSharp(
  bytes: Uint8Array,
  source: string,
  begin: (width: number, height: number) => Promise<void>,
): Promise<DecodedImage> {
  const sharp = await loadSharp(source);
  try {
    // Profiles are ignored, as in PNG files, whose decoder cannot apply them.
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: maxImagePixels, ignoreIcc: true });
    const { width, height, space, pages = 1, orientation = 1, isProgressive } = await image.metadata();
    if (isProgressive && width * height > maxProgressivePixels) {
      throw new Error(`progressive, with ${height}x${width} pixels, which takes more than 1 GiB to decode`);
    }
    await begin(width, height);
    const grey = space === 'b-w';
    const { data, info } = await image
      .autoOrient()
      .toColourspace(grey ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const notes = [
      ...(space === 'cmyk' ? ['CMYK'] : []),
      ...(orientation > 1 ? ['rotated'] : []),
      ...(pages > 1 ? ['first of several frames'] : []),
    ];
    return onWhite({ width: info.width, height: info.height, channels: info.channels, data, notes });
  } catch (cause) {
    if (cause instanceof UserError) {
      throw cause;
    }
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!;
    throw corruptFile(source, why, cause);
  }
}

async function loadSharp(source: string): Promise<typeof import('sharp')['default']> {
  try {
    const { default: sharp } = await import('sharp');
    // Images are small and never read twice: no threads for a single image, no cache.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch (cause) {
    throw new UserError(
      'unsupported',
      `${source}: reading JPEG and WebP images requires the package sharp: run npm install sharp`,
      { cause },
    );
  }
}
