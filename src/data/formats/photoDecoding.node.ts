// Decodes JPEG and WebP by the optional package sharp.
import { UserError } from '../../errors.ts';
import { maxImagePixels } from '../budget.ts';
import { onWhite } from '../pixels/onWhite.ts';
import type { DecodedImage } from '../rawImages.ts';
import { corruptFile } from './bytes.ts';

/**
 * Decodes a JPEG or WebP file: grey or RGB on white, turned by its orientation, without regard to its profile.
 *
 * @param source the file, for errors
 * @param begin called before memory is allocated; an Error from it makes the file corrupt
 * @throws UserError if it is corrupt or too large, or sharp is missing
 */
export async function decodePhoto(
  bytes: Uint8Array,
  source: string,
  begin: (width: number, height: number, isProgressive?: boolean) => Promise<void>,
): Promise<DecodedImage> {
  const sharp = await loadSharp(source);
  try {
    // Profiles are ignored, as in PNG files, whose decoder cannot apply them.
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: maxImagePixels, ignoreIcc: true });
    const { width, height, space, pages = 1, orientation = 1, isProgressive } = await image.metadata();
    await begin(width, height, isProgressive);
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
