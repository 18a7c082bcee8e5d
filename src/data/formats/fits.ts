// Decodes the first image of a FITS file: integers of 8, 16 and 32 bits, and real numbers. Source: FITS standard 4.0 (2018).
import { UserError } from '../../errors.ts';
import { type DecodedImage, isImageChannels } from '../contract/rawImages.ts';
import { interleaved } from '../pixels/interleaved.ts';
import type { BeginDecoding } from './beginDecoding.ts';
import { corruptFile, viewOf } from './bytes.ts';
import { type Elements, readElements, roundedToFloat32 } from './elements.ts';
import { type FitsHeader, readFitsHeader } from './fitsHeader.ts';

/** The most parts of a file that are skipped to find an image. */
const MOST_PARTS = 1000;

/**
 * Decodes the first image of a FITS file, in its first part or in an extension: rows in the order of the file, and planes
 * (NAXIS3) as channels. Unsigned integers of 8 and 16 bits are kept; other values become float32:
 * BZERO + BSCALE·stored, NaN for a stored BLANK.
 *
 * @param source the file, for errors
 * @param begin called before memory is allocated
 * @throws UserError if it is corrupt, has no image, or an image of other than two dimensions and up to four planes
 */
export async function decodeFits(
  bytes: Uint8Array,
  source: string,
  begin: BeginDecoding,
): Promise<DecodedImage> {
  const { header, start } = firstImage(bytes, source);
  const [width, height, channels] = shapeOf(header, source);
  const size = Math.abs(header.bitpix) / 8;
  // The stored values, and the image, twice if its planes become channels.
  await begin(width, height, { pixelBytes: channels * (size + (channels > 1 ? 8 : 4)) });
  const stored = bytes.subarray(start, start + width * height * channels * size);
  const { values, rounding } = physical(stored, header, source);
  return {
    width,
    height,
    channels,
    data: interleaved(values, channels),
    notes: [],
    ...(rounding > 0 && { rounding }),
  };
}

/** The first part of a file that has an image, and where its values start. */
function firstImage(bytes: Uint8Array, source: string): { header: FitsHeader; start: number } {
  let at = 0;
  for (let part = 0; part < MOST_PARTS && at < bytes.length; part++) {
    const header = readFitsHeader(bytes, at, source);
    if (header.isImage && header.axes.length > 0 && header.dataBytes > 0) {
      if (header.end + header.dataBytes > bytes.length) {
        throw corruptFile(
          source,
          `its image needs ${header.dataBytes} bytes after the header, found ${bytes.length - header.end}`,
        );
      }
      return { header, start: header.end };
    }
    if (header.isCompressed) {
      throw new UserError('unsupported', `${source}: its image is tile-compressed; unpack it with funpack`);
    }
    at = header.next;
  }
  throw new UserError(
    'invalid-data',
    `${source}: a FITS file without an image; export one with axes of its own`,
  );
}

/** Width, height and channels; axes of length 1 do not count. */
function shapeOf({ axes }: FitsHeader, source: string): readonly [number, number, DecodedImage['channels']] {
  const [width = 0, height = 1, ...others] = axes;
  const channels = others.reduce((product, length) => product * length, 1);
  if (axes.length < 2 || !isImageChannels(channels)) {
    throw new UserError(
      'invalid-data',
      `${source}: an image of ${axes.join(' x ')} (NAXIS1 x NAXIS2 …): expected width x height, and at most 4 planes; ` +
        'write one image per file',
    );
  }
  return [width, height, channels];
}

/** The values that the stored ones stand for. */
function physical(
  stored: Uint8Array,
  { bitpix, bzero, bscale, blank }: FitsHeader,
  source: string,
): Elements {
  if (bitpix < 0 && bzero === 0 && bscale === 1) {
    return readElements(stored, { type: bitpix === -32 ? 'float32' : 'float64', isLittle: false }, source);
  }
  const storedAt = storedReader(stored, bitpix);
  const count = stored.length / (Math.abs(bitpix) / 8);
  const hasBlanks = blank !== undefined && includes(storedAt, count, blank);
  if (!hasBlanks && bscale === 1) {
    if (bitpix === 8 && bzero === 0) {
      return { values: Uint8Array.from(stored), rounding: 0 };
    }
    if (bitpix === 16 && bzero === 2 ** 15) {
      const values = new Uint16Array(count);
      for (let index = 0; index < count; index++) {
        values[index] = storedAt(index) + bzero;
      }
      return { values, rounding: 0 };
    }
  }
  const valueAt = (index: number): number => {
    const value = storedAt(index);
    return value === blank ? Number.NaN : bzero + bscale * value;
  };
  return roundedToFloat32(count, valueAt, source);
}

/** Returns a stored value, big-endian, by its index. */
function storedReader(stored: Uint8Array, bitpix: number): (index: number) => number {
  const view = viewOf(stored);
  const readers: Readonly<Record<number, (index: number) => number>> = {
    8: (index) => view.getUint8(index),
    16: (index) => view.getInt16(2 * index),
    32: (index) => view.getInt32(4 * index),
    [-32]: (index) => view.getFloat32(4 * index),
    [-64]: (index) => view.getFloat64(8 * index),
  };
  return readers[bitpix]!;
}

function includes(numberAt: (index: number) => number, count: number, wanted: number): boolean {
  for (let index = 0; index < count; index++) {
    if (numberAt(index) === wanted) {
      return true;
    }
  }
  return false;
}
