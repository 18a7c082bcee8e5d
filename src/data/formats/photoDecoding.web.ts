// Decodes JPEG and WebP by the browser.
import { UserError } from '../../core/errors.ts';
import type { EightBitImage } from '../contract/rawImages.ts';
import type { BeginDecoding } from '../contract/reading.ts';
import { corruptFile, latin1Text } from './bytes.ts';
import { oriented } from './orientation.ts';
import { jpegHeader, type PhotoHeader, webpHeader } from './photoHeader.ts';

/** The formats of `decodePhoto`, in words. */
export const photoFormats = 'JPEG or WebP';

/** The extensions of their file names, as a pattern. */
export const photoExtensions = 'jpe?g|webp';

/**
 * Decodes a JPEG or WebP file: grey or RGB on white, turned by its orientation, without regard to its profile.
 *
 * @throws UserError if it is corrupt or too large, in another format, or a CMYK image, which browsers convert in
 *   other ways than Node
 */
export async function decodePhoto(
  bytes: Uint8Array,
  source: string,
  begin: BeginDecoding,
): Promise<EightBitImage> {
  try {
    const start = latin1Text(bytes.subarray(0, 4));
    const isWebp = start === 'RIFF';
    if (!isWebp && !start.startsWith('\xff\xd8')) {
      throw new UserError('invalid-data', `${source}: not a PNG, ${photoFormats} image; convert it to PNG`);
    }
    const header = (isWebp ? webpHeader : jpegHeader)(bytes as Uint8Array<ArrayBuffer>);
    const { width, height, colours, orientation, isProgressive, scans, isAnimation } = header;
    if (colours === 4) {
      throw new UserError('unsupported', `${source}: a CMYK image; convert it to RGB`);
    }
    // A bitmap, its RGBA and the pixels. With several scans, browsers keep all coefficients, two bytes each.
    await begin(width, height, { pixelBytes: isProgressive || scans > 1 ? 9 : 6, scans });
    const type = isWebp ? 'image/webp' : 'image/jpeg';
    const { isOpaque, pixels } = await decodePixels(header, type);
    const channels = colours === 1 ? 1 : 3;
    const data = new Uint8Array(width * height * channels);
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        data[pixel * channels + channel] = pixels[4 * pixel + channel]!;
      }
    }
    const image = oriented({ width, height, channels, data, notes: [] }, orientation);
    const notes = [
      ...image.notes,
      ...(isAnimation ? ['first of several frames'] : []),
      ...(isOpaque ? [] : ['transparency on white']),
    ];
    return { ...image, notes };
  } catch (cause) {
    if (cause instanceof UserError) {
      throw cause;
    }
    throw corruptFile(source, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The RGBA of a file on white, and whether it was opaque. */
async function decodePixels(
  { width, height, plain }: PhotoHeader,
  type: string,
): Promise<{ isOpaque: boolean; pixels: Uint8ClampedArray }> {
  const bitmap = await createImageBitmap(new Blob([...plain], { type }), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
  try {
    if (bitmap.width !== width || bitmap.height !== height) {
      throw new Error(`it decodes to ${bitmap.height}x${bitmap.width} pixels instead of ${height}x${width}`);
    }
    const draw = (background?: string): Uint8ClampedArray => {
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      if (context === null) {
        throw new Error('the browser has no canvas for it');
      }
      if (background !== undefined) {
        context.fillStyle = background;
        context.fillRect(0, 0, width, height);
      }
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, width, height).data;
    };
    const drawn = draw();
    let isOpaque = true;
    for (let index = 3; isOpaque && index < drawn.length; index += 4) {
      isOpaque = drawn[index] === 255;
    }
    return { isOpaque, pixels: isOpaque ? drawn : draw('white') };
  } finally {
    bitmap.close();
  }
}
