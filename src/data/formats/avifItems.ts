// The sizes of the images in an AVIF file.
import { charactersOf, viewOf } from './bytes.ts';

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
  const view = viewOf(bytes);
  const within = (parent: Box, path: readonly string[]): Box[] => {
    const [name, ...rest] = path;
    const skipped = ['meta', 'iinf'].includes(parent.type) ? 4 : 0;
    const count = parent.type === 'iinf' ? (view.getUint8(parent.from) === 0 ? 2 : 4) : 0;
    const found = boxesIn(view, parent.from + skipped + count, parent.to).filter(({ type }) => type === name);
    return rest.length === 0 ? found : found.flatMap((box) => within(box, rest));
  };
  const file = { type: '', from: 0, to: bytes.length };
  for (const { from } of within(file, ['meta', 'iinf', 'infe'])) {
    // Version and flags, the number of the item, of protection, and the kind.
    const at = from + (bytes[from]! >= 3 ? 10 : 8);
    const kind = charactersOf(bytes.subarray(at, at + 4));
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
  for (let at = from; at + 8 <= to; ) {
    const [size, header] =
      view.getUint32(at) === 1 && at + 16 <= to
        ? [Number(view.getBigUint64(at + 8)), 16]
        : [view.getUint32(at) || to - at, 8];
    const type = String.fromCharCode(...[4, 5, 6, 7].map((byte) => view.getUint8(at + byte)));
    if (size < header || at + size > to) {
      throw new Error(`its box ${JSON.stringify(type)} does not fit`);
    }
    boxes.push({ type, from: at + header, to: at + size });
    if (boxes.length > MOST_BOXES) {
      throw new Error(`one of its boxes contains more than ${MOST_BOXES} others`);
    }
    at += size;
  }
  return boxes;
}

/** The numbers, from 1, of the properties of all items, each as often as it is used. */
function propertiesIn(view: DataView, from: number, to: number): number[] {
  const [isLong, isWide] = [view.getUint8(from) >= 1, (view.getUint8(from + 3) & 1) === 1];
  const numbers: number[] = [];
  let at = from + 8;
  for (let item = view.getUint32(from + 4); item > 0 && at < to; item--) {
    at += isLong ? 4 : 2;
    const count = view.getUint8(at++);
    for (let index = 0; index < count; index++, at += isWide ? 2 : 1) {
      numbers.push(isWide ? view.getUint16(at) & 0x7fff : view.getUint8(at) & 0x7f);
    }
  }
  return numbers;
}
