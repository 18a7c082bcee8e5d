// The cost of reading the first image of a TIFF file, and whether it is transparent, from its directories.
import { charactersOf, viewOf } from './bytes.ts';
import { countScans } from './jpegScans.ts';

/** What the directories of a TIFF file say about its first image. */
export interface TiffHeader {
  /** The images in the file, at most one more than wanted. */
  readonly pages: number;
  /** The most scans of a tile or strip of the first image; 1 if it is not compressed as JPEG. */
  readonly scans: number;
  /** The pixels of a tile or a strip. */
  readonly tilePixels: number;
  /** The pixels of all tiles, including those beyond the edges of the image. */
  readonly storedPixels: number;
  /** Whether a channel beyond grey or colour is alpha; otherwise it is any other data. */
  readonly hasAlpha: boolean;
}

const tags = {
  width: 256,
  height: 257,
  compression: 259,
  stripOffsets: 273,
  rows: 278,
  stripLengths: 279,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileLengths: 325,
  extraSamples: 338,
} as const;
const OLD_JPEG = 6;
const JPEG = 7;
/** The values of `extraSamples` that mean alpha, multiplied into the colours or not. */
const ALPHA: readonly number[] = [1, 2];
/** The most tiles or strips: a hundred megapixels have 25,000 of 64x64. */
const MOST_TILES = 2 ** 18;
/** Bytes per value, by type. */
const typeBytes: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 };

/**
 * Reads the directories of a TIFF file.
 *
 * @throws Error if the first is missing or too large for the file, or uses the obsolete JPEG compression of TIFF 6
 */
export function tiffHeader(bytes: Uint8Array, mostPages: number): TiffHeader {
  const view = viewOf(bytes);
  const isLittle = charactersOf(bytes.subarray(0, 2)) === 'II';
  const entriesAt = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at, isLittle) : 0);
  const first = bytes.length < 8 ? 0 : view.getUint32(4, isLittle);
  let pages = 0;
  for (let at = first; at !== 0 && at + 2 <= bytes.length && pages <= mostPages; pages++) {
    const next = at + 2 + 12 * entriesAt(at);
    at = next + 4 <= bytes.length ? view.getUint32(next, isLittle) : 0;
  }
  /** The numbers of a tag in the first directory. */
  const values = (tag: number): number[] => {
    for (let index = 0; index < entriesAt(first); index++) {
      const at = first + 2 + 12 * index;
      if (at + 12 > bytes.length || view.getUint16(at, isLittle) !== tag) {
        continue;
      }
      const each = typeBytes[view.getUint16(at + 2, isLittle)];
      const count = view.getUint32(at + 4, isLittle);
      const from = each === undefined || each * count <= 4 ? at + 8 : view.getUint32(at + 8, isLittle);
      if (each === undefined || from + each * count > bytes.length || count > MOST_TILES) {
        throw new Error(`its field ${tag} has ${count} values: too many, or outside the file`);
      }
      return Array.from({ length: count }, (_, value) => {
        const place = from + each * value;
        return each === 1
          ? bytes[place]!
          : each === 2
            ? view.getUint16(place, isLittle)
            : view.getUint32(place, isLittle);
      });
    }
    return [];
  };
  const [width = 0] = values(tags.width);
  const [height = 0] = values(tags.height);
  const [rows = height] = values(tags.rows);
  const [tileWidth = 0] = values(tags.tileWidth);
  const [tileHeight = 0] = values(tags.tileHeight);
  const isTiled = tileWidth > 0 && tileHeight > 0;
  const [compression] = values(tags.compression);
  if (compression === OLD_JPEG) {
    throw new Error('it uses the obsolete JPEG compression of TIFF 6');
  }
  const [extra = 0] = values(tags.extraSamples);
  let scans = 1;
  if (compression === JPEG) {
    const lengths = values(isTiled ? tags.tileLengths : tags.stripLengths);
    let read = 0;
    values(isTiled ? tags.tileOffsets : tags.stripOffsets).forEach((from, index) => {
      const part = bytes.subarray(from, from + (lengths[index] ?? 0));
      read += part.length;
      if (read > bytes.length) {
        throw new Error('its tiles or strips overlap');
      }
      scans = Math.max(scans, countScans(part));
    });
  }
  return {
    pages,
    scans,
    tilePixels: isTiled ? tileWidth * tileHeight : width * Math.min(rows, height),
    storedPixels: isTiled
      ? Math.ceil(width / tileWidth) * tileWidth * Math.ceil(height / tileHeight) * tileHeight
      : width * height,
    hasAlpha: ALPHA.includes(extra),
  };
}
