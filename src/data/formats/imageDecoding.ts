// Images in the formats of files that people have: PNG, JPEG and WebP to pixels.
import { UserError } from '../../errors.ts';
import { onWhite } from '../pixels/onWhite.ts';
import { type DecodedImage, maxDecodedBytes } from '../rawImages.ts';
import { charactersOf, damaged } from './bytes.ts';
import { decodePng } from './png.ts';

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
 * @throws UserError if it is none of these, damaged, larger than `maxDecodedBytes`, or sharp is needed and missing
 */
export async function decodeImage(bytes: Uint8Array, source: string): Promise<DecodedImage> {
  switch (formatOf(bytes)) {
    case 'PNG':
      return decodePng(bytes, source);
    case 'JPEG':
    case 'WebP':
      return decodeWithSharp(bytes, source);
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

async function decodeWithSharp(bytes: Uint8Array, source: string): Promise<DecodedImage> {
  const sharp = await loadSharp(source);
  try {
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: Math.floor(maxDecodedBytes / 3) });
    const { space, pages = 1, orientation = 1 } = await image.metadata();
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
