// Decodes image files, whose format is recognised by their first bytes.
import { UserError } from '../../core/errors.ts';
import { type DecodedImage, maxSide } from '../contract/rawImages.ts';
import {
  type Admit,
  type BeginDecoding,
  Budget,
  maxDecodingBytes,
  maxImagePixels,
} from '../contract/reading.ts';
import { CorruptFile, dataView, latin1Text } from './bytes.ts';
import { decodeFits, isFits } from './fits.ts';
import { decodeNpy } from './npy.ts';
import { decodePhoto, photoExtensions, photoFormats } from './photoDecoding.node.ts';
import { MOST_SCANS } from './photoHeader.ts';
import { decodePng } from './png.ts';

/** The usual number of scans in progressive files. */
const FREE_SCANS = 10;
/** The maximum of pixels times scans: a few seconds. */
const mostScannedPixels = 2 ** 31;

/** The formats that `decodeImage` supports, in words. */
export const imageFormats = `PNG, .npy, FITS, ${photoFormats}`;

/** The file names that `decodeImage` supports. */
export const imageName = new RegExp(`\\.(png|fits?|fts|${photoExtensions})$`, 'i');

/**
 * The names of arrays that hold one image each, without conditions; where there are pictures, they are something else,
 * such as labels.
 */
const arrayName = /(?<!(^|[/.])conditions)\.npy$/i;

/** The names of the images among files: pictures, or, where there are none, arrays. */
export function imagesAmong(names: readonly string[]): string[] {
  const pictures = names.filter((name) => imageName.test(name));
  return pictures.length > 0 ? pictures : names.filter((name) => arrayName.test(name));
}

/** Whether a name may name an image. */
export function isImageName(name: string): boolean {
  return imageName.test(name) || arrayName.test(name);
}

/** Names of images in other formats, which are reported rather than read; which are read depends on the host. */
export const otherImageName = new RegExp(
  `\\.(?!(${photoExtensions})$)(gif|tiff?|avif|bmp|heic|heif|jxl)$`,
  'i',
);

/**
 * Decodes an image file, recognised by its first bytes, not by name. The result is grey (1) or RGB (3) with 8 bits, or with 16
 * if a PNG or TIFF file has them; a .npy, FITS or 16-bit TIFF file has up to four channels. Possible
 * notes: 'palette' (not of GIF files, which all have one), '16-bit' (or 10 or 12), 'transparency on white', 'CMYK',
 * 'rotated' (by its EXIF orientation), 'first of several frames' (of an animation, or pages), 'JPEG named .png' and the like.
 *
 * PNG is always read by the same decoder, so that pixels do not depend on what is installed; the other formats
 * need the optional package sharp, in a page the browser's own decoders.
 *
 * @param limits.budget the budget of the source that contains it; by default it is the only image
 * @param limits.onSize called with the size in the file's header, before pixels are decoded; may throw
 * @param limits.admit called before memory is allocated
 * @throws UserError if it has another format, is corrupt or too large, or sharp is missing; OverBudget
 */
export async function decodeImage(
  bytes: Uint8Array,
  source: string,
  {
    budget = new Budget(source, bytes.length),
    admit,
    onSize,
  }: {
    budget?: Budget;
    admit?: Admit | undefined;
    onSize?: ((height: number, width: number) => void) | undefined;
  } = {},
): Promise<DecodedImage> {
  const begin: BeginDecoding = async (width, height, { pixelBytes, scans = 1, pixels = width * height }) => {
    const refuse = (why: string): never => {
      throw new UserError(
        'unsupported',
        `${source}: ${height}x${width} pixels ${why}; make the image smaller`,
      );
    };
    onSize?.(height, width);
    if (Math.max(width, height) > maxSide || pixels > maxImagePixels) {
      refuse(`are too many: at most ${maxImagePixels}, and ${maxSide} a side`);
    }
    if (pixelBytes * pixels > maxDecodingBytes) {
      const [needed, allowed] = [pixelBytes * pixels, maxDecodingBytes].map((size) =>
        Math.ceil(size / 2 ** 20),
      );
      refuse(`take ${needed} MiB to decode in this format, at most ${allowed}`);
    }
    if (scans > MOST_SCANS || pixels * scans > mostScannedPixels) {
      refuse(`in ${scans > MOST_SCANS ? `more than ${MOST_SCANS}` : scans} scans take too long to decode`);
    }
    budget.spend(pixels * Math.ceil(scans / FREE_SCANS), 'pixels');
    await admit?.(pixelBytes * pixels);
  };
  const format = detectFormat(bytes);
  if (format === undefined) {
    throw new CorruptFile(
      'invalid-data',
      `${source}: ${bytes.length === 0 ? 'empty; use another copy' : `not a ${imageFormats} image; convert it`}`,
    );
  }
  const image = await (decoders[format] ?? decodePhoto)(bytes, source, begin);
  const extension = /\.([a-z]{3,4})$/i.exec(source)?.[1]?.toLowerCase() ?? '';
  const named = extensions[extension];
  return named === undefined || named === format
    ? image
    : { ...image, notes: [...image.notes, `${format} named .${extension}`] };
}

/** Whether a note of decoding is about a name that promises another format, such as 'JPEG named .png'. */
export function isAboutName(note: string): boolean {
  return / named \.[a-z]+$/.test(note);
}

type ImageFormat = 'PNG' | 'npy' | 'FITS' | 'JPEG' | 'WebP' | 'GIF' | 'TIFF' | 'AVIF';

const decoders: Partial<Record<ImageFormat, typeof decodePng | typeof decodeNpy>> = {
  PNG: decodePng,
  npy: decodeNpy,
  FITS: decodeFits,
};

/** The formats that the extensions of names promise. */
const extensions: Readonly<Record<string, ImageFormat>> = {
  png: 'PNG',
  npy: 'npy',
  fit: 'FITS',
  fits: 'FITS',
  fts: 'FITS',
  jpg: 'JPEG',
  jpeg: 'JPEG',
  webp: 'WebP',
  gif: 'GIF',
  tif: 'TIFF',
  tiff: 'TIFF',
  avif: 'AVIF',
};

function detectFormat(bytes: Uint8Array): ImageFormat | undefined {
  const start = latin1Text(bytes.subarray(0, 64));
  if (start.startsWith('\x93NUMPY')) {
    return 'npy';
  }
  if (isFits(bytes)) {
    return 'FITS';
  }
  if (start.startsWith('\x89PNG')) {
    return 'PNG';
  }
  if (start.startsWith('\xff\xd8\xff')) {
    return 'JPEG';
  }
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') {
    return 'WebP';
  }
  if (/^GIF8[79]a/.test(start)) {
    return 'GIF';
  }
  // In both byte orders.
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) {
    return 'TIFF';
  }
  return isAvif(bytes, start) ? 'AVIF' : undefined;
}

/** Whether the brands in the file's first box include AVIF; `start` holds some of them. HEIC has others. */
function isAvif(bytes: Uint8Array, start: string): boolean {
  const brands = start.slice(8, Math.min(start.length, bytes.length >= 4 ? dataView(bytes).getUint32(0) : 0));
  return start.slice(4, 8) === 'ftyp' && /^(.{4})*?avi[fs]/s.test(brands);
}
