// FITS files: headers of cards with 80 characters in blocks of 2,880 bytes, each followed by data.
import { UserError } from '../../core/errors.ts';
import { type DecodedImage, isImageChannels } from '../contract/rawImages.ts';
import type { BeginDecoding } from '../contract/reading.ts';
import { interleaved } from '../pixels/channels.ts';
import { corruptFile, dataView, latin1Text } from './bytes.ts';
import { type Elements, readElements, roundedToFloat32 } from './elements.ts';

/** The most parts of a file that are skipped to find an image. */
const MOST_PARTS = 1000;

/**
 * Decodes the first image of a FITS file, in its first part or in an extension: rows in the order of the file, and planes
 * (NAXIS3) as channels. Unsigned integers of 8 and 16 bits are kept; other values become float32:
 * BZERO + BSCALE·stored, NaN for a stored BLANK.
 *
 * @throws UserError if it is corrupt, has no image, or an image of other than two dimensions and up to four planes
 */
export async function decodeFits(
  bytes: Uint8Array,
  source: string,
  begin: BeginDecoding,
): Promise<DecodedImage> {
  const { header, start } = firstImage(bytes, source);
  const [width, height, channels] = imageShape(header, source);
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

function firstImage(bytes: Uint8Array, source: string): { header: FitsHeader; start: number } {
  let offset = 0;
  for (let part = 0; part < MOST_PARTS && offset < bytes.length; part++) {
    const header = readFitsHeader(bytes, offset, source);
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
    offset = header.next;
  }
  throw new UserError(
    'invalid-data',
    `${source}: a FITS file without an image; export one with axes of its own`,
  );
}

/** Width, height and channels; axes of length 1 do not count. */
function imageShape(
  { axes }: FitsHeader,
  source: string,
): readonly [number, number, DecodedImage['channels']] {
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
  const view = dataView(stored);
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

interface FitsHeader {
  /** Whether the data are an image: the first part, or an extension IMAGE. */
  readonly isImage: boolean;
  /** Whether they are a table that holds a compressed image. */
  readonly isCompressed: boolean;
  /** How values are stored: bits of integers, or minus the bits of real numbers. */
  readonly bitpix: number;
  /** The lengths of the axes, fastest axis first; trailing axes of length 1 are left out. */
  readonly axes: readonly number[];
  /** Values are `bzero` + `bscale` times the stored ones. */
  readonly bzero: number;
  readonly bscale: number;
  /** The stored integer that marks a missing value. */
  readonly blank: number | undefined;
  readonly end: number;
  readonly dataBytes: number;
  /** Where the next part starts. */
  readonly next: number;
}

const BLOCK = 2880;
const CARD = 80;
/** Longer headers are refused; headers of large telescopes have a few thousand cards. */
const MOST_CARDS = 36 * 2048;
const MOST_AXES = 999;
const storedTypes = [8, 16, 32, -32, -64];

/** Whether a file that starts with these bytes is a FITS file. */
export function isFits(start: Uint8Array): boolean {
  return /^SIMPLE {2}= +[TF]/.test(latin1Text(start.subarray(0, 30)));
}

/** Reads the header that starts at a position. */
function readFitsHeader(bytes: Uint8Array, start: number, source: string): FitsHeader {
  const { values, end } = cardsAt(bytes, start, source);
  const number = (name: string, otherwise: number): number => {
    const text = values.get(name);
    const value = text === undefined ? otherwise : Number(text.replace(/[dD]/, 'E'));
    if (text?.trim() === '' || !Number.isFinite(value)) {
      throw corruptFile(source, `its ${name} is not a number`);
    }
    return value;
  };
  const count = (name: string, otherwise: number): number => {
    const value = number(name, otherwise);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw corruptFile(source, `its ${name} is ${value}`);
    }
    return value;
  };
  const naxis = count('NAXIS', 0);
  if (naxis > MOST_AXES) {
    throw corruptFile(source, `it claims ${naxis} axes`);
  }
  const lengths = Array.from({ length: naxis }, (_, axis) => count(`NAXIS${axis + 1}`, 0));
  const bitpix = number('BITPIX', 8);
  const extension = values.get('XTENSION')?.replace(/^'|'$/g, '').trim();
  const isImage = extension === undefined || extension === 'IMAGE';
  if (isImage && naxis > 0 && !storedTypes.includes(bitpix)) {
    throw new UserError(
      'unsupported',
      `${source}: values with BITPIX ${bitpix} cannot be read: convert them to 16 or 32 bits, or to float32`,
    );
  }
  const elements = lengths.reduce((product, length) => product * length, naxis === 0 ? 0 : 1);
  const dataBytes = (Math.abs(bitpix) / 8) * count('GCOUNT', 1) * (count('PCOUNT', 0) + elements);
  if (!Number.isSafeInteger(dataBytes)) {
    throw corruptFile(source, `it claims ${dataBytes} bytes of data`);
  }
  const axes = lengths.slice(0, Math.max(2, lengths.findLastIndex((length) => length !== 1) + 1));
  return {
    isImage,
    isCompressed: values.get('ZIMAGE')?.trim() === 'T',
    bitpix,
    axes: elements === 0 ? [] : axes,
    bzero: number('BZERO', 0),
    bscale: number('BSCALE', 1),
    blank: bitpix > 0 && values.has('BLANK') ? number('BLANK', 0) : undefined,
    end,
    dataBytes,
    next: end + Math.ceil(dataBytes / BLOCK) * BLOCK,
  };
}

/** The values of the cards of a header by keyword, as text; of several with the same keyword the first. */
function cardsAt(
  bytes: Uint8Array,
  start: number,
  source: string,
): { values: ReadonlyMap<string, string>; end: number } {
  const values = new Map<string, string>();
  for (let card = 0; card < MOST_CARDS; card++) {
    const offset = start + card * CARD;
    if (offset + CARD > bytes.length) {
      throw corruptFile(source, `its header ends after ${bytes.length - start} bytes`);
    }
    const text = latin1Text(bytes.subarray(offset, offset + CARD));
    const keyword = text.slice(0, 8).trimEnd();
    if (keyword === 'END') {
      return { values, end: start + Math.ceil(((card + 1) * CARD) / BLOCK) * BLOCK };
    }
    if (text.slice(8, 10) === '= ' && !values.has(keyword)) {
      values.set(keyword, valueIn(text.slice(10)));
    }
  }
  throw corruptFile(source, `its header has more than ${MOST_CARDS} cards`);
}

/** The value in a card: what precedes the comment, for texts in quotes. */
function valueIn(text: string): string {
  const quoted = /^\s*('(?:[^']|'')*')/.exec(text)?.[1];
  return quoted ?? text.split('/', 1)[0]!.trim();
}
