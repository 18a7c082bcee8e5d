// The header of a part of a FITS file: cards of 80 characters in blocks of 2,880 bytes.
import { UserError } from '../../errors.ts';
import { charactersOf, corruptFile } from './bytes.ts';

/** How a header describes the data after it. */
export interface FitsHeader {
  /** Whether the data are an image: the first part, or an extension IMAGE. */
  readonly isImage: boolean;
  /** Whether they are a table that holds a compressed image. */
  readonly isCompressed: boolean;
  /** How values are stored: bits of integers, or minus the bits of real numbers. */
  readonly bitpix: number;
  /** The lengths of the axes, that of the fastest first; without those of length 1 at the end. */
  readonly axes: readonly number[];
  /** Values are `bzero` + `bscale` times the stored ones. */
  readonly bzero: number;
  readonly bscale: number;
  /** The stored integer that means that there is no value. */
  readonly blank: number | undefined;
  /** Where the data start. */
  readonly end: number;
  /** The bytes of the data. */
  readonly dataBytes: number;
  /** Where the next part starts. */
  readonly next: number;
}

const BLOCK = 2880;
const CARD = 80;
/** Longer headers are refused; those of large telescopes have a few thousand cards. */
const MOST_CARDS = 36 * 2048;
const MOST_AXES = 999;
const storedTypes = [8, 16, 32, -32, -64];

/** Whether a file that starts with these bytes is a FITS file. */
export function isFits(start: Uint8Array): boolean {
  return /^SIMPLE {2}= +[TF]/.test(charactersOf(start.subarray(0, 30)));
}

/**
 * Reads the header that starts at a position.
 *
 * @param source the file, for errors
 * @throws UserError if it is corrupt, or the values are of a type that cannot be read
 */
export function readFitsHeader(bytes: Uint8Array, start: number, source: string): FitsHeader {
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
    const at = start + card * CARD;
    if (at + CARD > bytes.length) {
      throw corruptFile(source, `its header ends after ${bytes.length - start} bytes`);
    }
    const text = charactersOf(bytes.subarray(at, at + CARD));
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
