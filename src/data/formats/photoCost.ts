// The cost of decoding a file with sharp, from its header: measured with sharp 0.35 on flat 25-megapixel images.
import type { Metadata } from 'sharp';
import type { DecodingCost } from '../contract/reading.ts';
import { dataView, latin1Text } from './bytes.ts';
import { countScans, requireFewParts, requireFewSegments } from './photoHeader.ts';

/** Decoders list all frames or pages before they read the first: ten thousand take a second. */
const MOST_PAGES = 4096;

/** Throws Error if a file has so many parts, frames or pages that even listing them takes long, or much memory. */
export function requirePlausible(bytes: Uint8Array): void {
  const start = latin1Text(bytes.subarray(0, 4));
  if (start.startsWith('\u00ff\u00d8')) {
    requireFewSegments(bytes);
  }
  const pages =
    start === 'GIF8'
      ? gifFrames(bytes, MOST_PAGES)
      : start === 'RIFF'
        ? webpFrames(bytes, MOST_PAGES)
        : start === 'II*\0' || start === 'MM\0*'
          ? tiffHeader(bytes, MOST_PAGES).pages
          : 1;
  if (pages > MOST_PAGES) {
    throw new Error(`it has more than ${MOST_PAGES} frames or pages`);
  }
}

/** The cost of decoding a file whose header sharp has read. */
export function decodingCost(bytes: Uint8Array, about: Metadata): DecodingCost {
  const { width, height, depth, channels, hasAlpha } = about;
  const cost = costOfDecoder(bytes, about);
  // After the decoder: rounding from 16 bits to 8, and compositing onto white.
  const [isDeep, added] = [depth === 'ushort', hasAlpha ? channels - 1 : 0];
  const after = channels * (isDeep ? 3 : 1) + added;
  return { pixels: width * height, ...cost, pixelBytes: Math.max(cost.pixelBytes, after) };
}

function costOfDecoder(bytes: Uint8Array, about: Metadata): DecodingCost {
  const { format, width, height, depth, channels, isProgressive, orientation = 1 } = about;
  const valueBytes = depth === 'ushort' ? 2 : 1;
  // Rotation needs a second copy of the image.
  const turned = orientation > 1 ? channels * valueBytes : 0;
  switch (format) {
    case 'jpeg': {
      const scans = countScans(bytes);
      // With several scans, the decoder keeps all coefficients, two bytes each.
      const coefficients = isProgressive || scans > 1 ? 2 * channels : 0;
      return { pixelBytes: channels + coefficients + turned, scans };
    }
    case 'webp':
      return { pixelBytes: 13 + turned };
    case 'gif':
      return { pixelBytes: 9 + turned };
    case 'tiff': {
      const { scans, tilePixels, storedPixels } = tiffHeader(bytes, MOST_PAGES);
      const pixels = Math.max(storedPixels, width * height);
      // A tile or strip is in memory twice, the image once.
      const tile = (2 * channels * valueBytes * tilePixels) / pixels;
      return { pixelBytes: channels * valueBytes + turned + tile, scans, pixels };
    }
    case 'heif':
      return {
        pixelBytes: (depth === 'ushort' ? 26 : 20) + turned,
        pixels: Math.max(largestImage(bytes), width * height),
      };
    default:
      throw new Error(`sharp identifies it as ${format}`);
  }
}

/** The frames of a GIF file, at most one more than `limit`. */
function gifFrames(bytes: Uint8Array, limit: number): number {
  /** The bytes of a colour table, whose size is in these flags. */
  const tableBytes = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let frames = 0;
  let offset = 13 + tableBytes(bytes[10]);
  /** To the end of blocks of at most 255 bytes, each after its length. */
  const skipBlocks = (): void => {
    while (offset < bytes.length && bytes[offset] !== 0) {
      offset += 1 + bytes[offset]!;
    }
    offset++;
  };
  while (offset < bytes.length && frames <= limit) {
    const type = bytes[offset];
    if (type === 0x2c) {
      frames++;
      // The descriptor, a colour table, and the size of the first code.
      offset += 10 + tableBytes(bytes[offset + 9]) + 1;
      skipBlocks();
    } else if (type === 0x21) {
      offset += 2;
      skipBlocks();
    } else if (type === 0x3b) {
      break;
    } else {
      offset++;
    }
  }
  return frames;
}

/** The frames of a WebP file, at most one more than `limit`. Throws Error for too many chunks, since decoders keep them all. */
function webpFrames(bytes: Uint8Array, limit: number): number {
  const view = dataView(bytes);
  let [frames, chunks] = [0, 0];
  for (let offset = 12; offset + 8 <= bytes.length && frames <= limit; ) {
    requireFewParts(++chunks);
    frames += latin1Text(bytes.subarray(offset, offset + 4)) === 'ANMF' ? 1 : 0;
    const length = view.getUint32(offset + 4, true);
    offset += 8 + length + (length % 2);
  }
  return frames;
}

/** The known kinds of items. Others, such as overlays and grids of tiles, declare their size elsewhere. */
const kinds = ['av01', 'tmap', 'Exif', 'mime', 'uri '];
/** An image, its tiles, its alpha channel and the tiles of that. */
const COPIES = 4;

/** Far more than cameras and encoders write. */
const MOST_BOXES = 2 ** 14;

interface Box {
  readonly type: string;
  /** Where its content starts and ends in the file. */
  readonly from: number;
  readonly to: number;
}

/**
 * The most pixels that decoding allocates: the largest image, or a quarter of all declared pixels, since a tiled image
 * with an alpha channel declares its size four times.
 *
 * @throws Error if there are items of other kinds
 */
export function largestImage(bytes: Uint8Array): number {
  const view = dataView(bytes);
  const within = (parent: Box, path: readonly string[]): Box[] => {
    const [name, ...innerPath] = path;
    const skipped = ['meta', 'iinf'].includes(parent.type) ? 4 : 0;
    const count = parent.type === 'iinf' ? (view.getUint8(parent.from) === 0 ? 2 : 4) : 0;
    const boxes = boxesIn(view, parent.from + skipped + count, parent.to).filter(({ type }) => type === name);
    return innerPath.length === 0 ? boxes : boxes.flatMap((box) => within(box, innerPath));
  };
  const file = { type: '', from: 0, to: bytes.length };
  for (const { from } of within(file, ['meta', 'iinf', 'infe'])) {
    // Version and flags, the number of the item, of protection, and the kind.
    const offset = from + (bytes[from]! >= 3 ? 10 : 8);
    const kind = latin1Text(bytes.subarray(offset, offset + 4));
    if (!kinds.includes(kind)) {
      throw new Error(`it has an item of type ${JSON.stringify(kind)}`);
    }
  }
  const sizes = within(file, ['meta', 'iprp', 'ipco'])
    .flatMap(({ from, to }) => boxesIn(view, from, to))
    .map(({ type, from, to }) =>
      type === 'ispe' && from + 12 <= to ? view.getUint32(from + 4) * view.getUint32(from + 8) : 0,
    );
  let total = 0;
  for (const { from, to } of within(file, ['meta', 'iprp', 'ipma'])) {
    for (const property of propertiesIn(view, from, to)) {
      total += sizes[property - 1] ?? 0;
    }
  }
  return Math.max(0, ...sizes, total / COPIES);
}

/** The boxes in a part of a file. Size 0 extends to its end; size 1 means 64 bits after the type. */
function boxesIn(view: DataView, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  for (let offset = from; offset + 8 <= to; ) {
    const [size, header] =
      view.getUint32(offset) === 1 && offset + 16 <= to
        ? [Number(view.getBigUint64(offset + 8)), 16]
        : [view.getUint32(offset) || to - offset, 8];
    const type = String.fromCharCode(...[4, 5, 6, 7].map((byte) => view.getUint8(offset + byte)));
    if (size < header || offset + size > to) {
      throw new Error(`its box ${JSON.stringify(type)} does not fit`);
    }
    boxes.push({ type, from: offset + header, to: offset + size });
    if (boxes.length > MOST_BOXES) {
      throw new Error(`one of its boxes contains more than ${MOST_BOXES} others`);
    }
    offset += size;
  }
  return boxes;
}

/** The numbers, from 1, of the properties of all items, repeated for each use. */
function propertiesIn(view: DataView, from: number, to: number): number[] {
  const [isLong, isWide] = [view.getUint8(from) >= 1, (view.getUint8(from + 3) & 1) === 1];
  const numbers: number[] = [];
  let offset = from + 8;
  for (let item = view.getUint32(from + 4); item > 0 && offset < to; item--) {
    offset += isLong ? 4 : 2;
    const count = view.getUint8(offset++);
    for (let index = 0; index < count; index++, offset += isWide ? 2 : 1) {
      numbers.push(isWide ? view.getUint16(offset) & 0x7fff : view.getUint8(offset) & 0x7f);
    }
  }
  return numbers;
}

/** The facts about the first image in the directories of a TIFF file. */
interface TiffHeader {
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
const typeBytes: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 };

/**
 * Reads the directories of a TIFF file.
 *
 * @throws Error if the first is missing or too large for the file, or uses the obsolete JPEG compression of TIFF 6
 */
export function tiffHeader(bytes: Uint8Array, mostPages: number): TiffHeader {
  const view = dataView(bytes);
  const isLittle = latin1Text(bytes.subarray(0, 2)) === 'II';
  const entriesAt = (offset: number): number =>
    offset + 2 <= bytes.length ? view.getUint16(offset, isLittle) : 0;
  const first = bytes.length < 8 ? 0 : view.getUint32(4, isLittle);
  let pages = 0;
  for (let offset = first; offset !== 0 && offset + 2 <= bytes.length && pages <= mostPages; pages++) {
    const next = offset + 2 + 12 * entriesAt(offset);
    offset = next + 4 <= bytes.length ? view.getUint32(next, isLittle) : 0;
  }
  /** The numbers of a tag in the first directory. */
  const values = (tag: number): number[] => {
    for (let index = 0; index < entriesAt(first); index++) {
      const offset = first + 2 + 12 * index;
      if (offset + 12 > bytes.length || view.getUint16(offset, isLittle) !== tag) {
        continue;
      }
      const each = typeBytes[view.getUint16(offset + 2, isLittle)];
      const count = view.getUint32(offset + 4, isLittle);
      const from =
        each === undefined || each * count <= 4 ? offset + 8 : view.getUint32(offset + 8, isLittle);
      if (each === undefined || from + each * count > bytes.length || count > MOST_TILES) {
        throw new Error(`its field ${tag} has ${count} values: too many, or outside the file`);
      }
      return Array.from({ length: count }, (_, value) => {
        const offset = from + each * value;
        return each === 1
          ? bytes[offset]!
          : each === 2
            ? view.getUint16(offset, isLittle)
            : view.getUint32(offset, isLittle);
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
