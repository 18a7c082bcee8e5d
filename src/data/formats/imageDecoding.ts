// Images in the formats of files that people have: PNG, JPEG and WebP to pixels.
import { UserError } from '../../errors.ts';
import { Budget, maxImagePixels } from '../budget.ts';
import { onWhite } from '../pixels/onWhite.ts';
import type { Admit, DecodedImage } from '../rawImages.ts';
import { charactersOf, damaged, viewOf } from './bytes.ts';
import { decodePng } from './png.ts';

/** Where the width and the height of a PNG file end. */
const pngSizeEnd = 24;
/** A progressive JPEG is decoded at once: two bytes for each coefficient, beside the pixels. */
const maxProgressivePixels = (2 * maxImagePixels) / 3;
/** Bytes per pixel while an image is decoded. */
const decodedBytes = 3;

/** The names of the files that `decodeImage` reads. */
export const imageName = /\.(png|jpe?g|webp)$/i;

/**
 * The image in the bytes of a PNG, JPEG or WebP file; which one it is, its first bytes say, not its name. The result is
 * grey (1) or RGB (3). Notes tell of: 'palette', '16-bit', 'transparency on white', 'CMYK', 'turned' (as the camera
 * was held), 'first of several' (an animation's).
 *
 * PNG is always read by the same decoder, so that pixels do not depend on what is installed; JPEG and WebP need the
 * optional package sharp.
 *
 * @param source the file, for errors
 * @param limits.budget what the source that it comes from may spend; by default it comes alone
 * @param limits.admit asked before memory is taken
 * @throws UserError if it is none of these, damaged, too large, or sharp is needed and missing; OverBudget
 */
export async function decodeImage(
  bytes: Uint8Array,
  source: string,
  { budget = new Budget(source, bytes.length), admit }: { budget?: Budget; admit?: Admit | undefined } = {},
): Promise<DecodedImage> {
  const begin = async (width: number, height: number): Promise<void> => {
    const pixels = width * height;
    // The decoders refuse larger images, in words of their own.
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
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: maxImagePixels });
    const { width, height, space, pages = 1, orientation = 1, isProgressive } = await image.metadata();
    if (isProgressive && width * height > maxProgressivePixels) {
      throw new Error(`progressive, with ${height}x${width} pixels: its decoder would need more than 1 GiB`);
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
      ...(orientation > 1 ? ['turned'] : []),
      ...(pages > 1 ? ['first of several'] : []),
    ];
    return onWhite({ width: info.width, height: info.height, channels: info.channels, data, notes });
  } catch (cause) {
    if (cause instanceof UserError) {
      throw cause;
    }
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!;
    throw damaged(source, why, cause);
  }
}

async function loadSharp(source: string): Promise<typeof import('sharp')['default']> {
  try {
    const { default: sharp } = await import('sharp');
    // Images are small and never read twice: no threads within one, nothing kept.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch (cause) {
    throw new UserError(
      'unsupported',
      `${source}: JPEG and WebP images need a package: run npm install sharp`,
      { cause },
    );
  }
}
