// TIFF files of 16-bit images byte by byte, for tests. Source: TIFF 6.0 (1992).
import { deflateSync } from 'node:zlib';

/** How a file stores its image. */
export interface TiffLayout {
  /** Big-endian, as files that begin with MM; default little-endian. */
  readonly isBig?: boolean;
  /** Whether each channel is in a plane of its own; default side by side. */
  readonly isPlanar?: boolean;
  /** Whether rows are stored as differences, compressed by deflate; default neither. */
  readonly isPredicted?: boolean;
  /** Rows of a strip; default all. */
  readonly rows?: number;
  /** The side of square tiles, instead of strips. */
  readonly tile?: number;
  /** 0: zero is white; 1: zero is black; 2: RGB. By default 1, or 2 for three channels. */
  readonly photometric?: number;
  /** 1: unsigned integers, the default; 2: signed ones. */
  readonly sampleFormat?: number;
  /** The meaning of an extra channel: 0: anything; 1 and 2: alpha. Default: not written. */
  readonly extraSample?: number;
}

/** The fields whose values have 32 bits: offsets and lengths. Others have 16. */
const longFields: readonly number[] = [273, 279, 324, 325];

/** A file of an image `[H, W, C]`. */
export function tiffFile(
  values: Uint16Array,
  shape: readonly [height: number, width: number, channels: number],
  layout: TiffLayout = {},
): Buffer {
  const { isBig = false, rows, tile, photometric = shape[2] === 3 ? 2 : 1, sampleFormat = 1 } = layout;
  const [height, width, channels] = shape;
  const parts = encodeParts(values, shape, layout);
  const fieldsAt = (start: number): [tag: number, values: readonly number[]][] => {
    const offsets = parts.map((_, index) =>
      parts.slice(0, index).reduce((offset, { length }) => offset + length, start),
    );
    const lengths = parts.map(({ length }) => length);
    const fields: [number, readonly number[] | undefined][] = [
      [256, [width]],
      [257, [height]],
      [258, Array(channels).fill(16)],
      [259, [layout.isPredicted ? 8 : 1]],
      [262, [photometric]],
      [273, tile ? undefined : offsets],
      [277, [channels]],
      [278, tile ? undefined : [rows ?? height]],
      [279, tile ? undefined : lengths],
      [284, [layout.isPlanar ? 2 : 1]],
      [317, layout.isPredicted ? [2] : undefined],
      [322, tile ? [tile] : undefined],
      [323, tile ? [tile] : undefined],
      [324, tile ? offsets : undefined],
      [325, tile ? lengths : undefined],
      [338, layout.extraSample === undefined ? undefined : [layout.extraSample]],
      [339, Array(channels).fill(sampleFormat)],
    ];
    return fields.flatMap(([tag, fieldValues]) => (fieldValues ? [[tag, fieldValues]] : []));
  };
  const numbers = numbersIn(isBig);
  const directoryAt = (start: number): Buffer => {
    const fields = fieldsAt(start);
    // Values of more than four bytes follow the directory.
    let offset = 8 + 2 + 12 * fields.length + 4;
    const behind: Buffer[] = [];
    const entries = fields.map(([tag, fieldValues]) => {
      const isLong = longFields.includes(tag);
      let bytes: Buffer = Buffer.concat(fieldValues.map(isLong ? numbers.long : numbers.short));
      if (bytes.length > 4) {
        behind.push(bytes);
        [bytes, offset] = [numbers.long(offset), offset + bytes.length];
      }
      const head = [numbers.short(tag), numbers.short(isLong ? 4 : 3), numbers.long(fieldValues.length)];
      return Buffer.concat([...head, bytes, Buffer.alloc(4 - bytes.length)]);
    });
    return Buffer.concat([numbers.short(fields.length), ...entries, numbers.long(0), ...behind]);
  };
  const header = Buffer.concat([Buffer.from(isBig ? 'MM' : 'II'), numbers.short(42), numbers.long(8)]);
  return Buffer.concat([header, directoryAt(8 + directoryAt(0).length), ...parts]);
}

/** The strips or tiles of an image, of one plane after the other. */
function encodeParts(
  values: Uint16Array,
  [height, width, channels]: readonly [number, number, number],
  { isBig = false, isPlanar = false, isPredicted = false, rows = height, tile }: TiffLayout,
): Buffer[] {
  const [tall, wide, side] = [tile ?? rows, tile ?? width, isPlanar ? 1 : channels];
  const { short } = numbersIn(isBig);
  /** A row of a part, beyond the edges with the values of the edge. */
  const lineAt = (row: number, column: number, plane: number): Buffer => {
    const line = Array.from({ length: wide * side }, (_, index) => {
      const pixel =
        Math.min(row, height - 1) * width + Math.min(column + Math.floor(index / side), width - 1);
      return values[pixel * channels + (isPlanar ? plane : index % side)]!;
    });
    const before = (index: number): number => (isPredicted ? (line[index - side] ?? 0) : 0);
    return Buffer.concat(line.map((value, index) => short((value - before(index)) & 0xffff)));
  };
  const parts: Buffer[] = [];
  for (let plane = 0; plane < (isPlanar ? channels : 1); plane++) {
    for (let row = 0; row < height; row += tall) {
      for (let column = 0; column < width; column += wide) {
        const count = tile ?? Math.min(tall, height - row);
        const bytes = Buffer.concat(
          Array.from({ length: count }, (_, line) => lineAt(row + line, column, plane)),
        );
        parts.push(isPredicted ? deflateSync(bytes) : bytes);
      }
    }
  }
  return parts;
}

/** The bytes of numbers of 16 and 32 bits. */
function numbersIn(isBig: boolean): { short(value: number): Buffer; long(value: number): Buffer } {
  const inOrder = (bytes: number[]): Buffer => Buffer.from(isBig ? bytes.toReversed() : bytes);
  return {
    short: (value) => inOrder([value & 255, value >> 8]),
    long: (value) => inOrder([0, 8, 16, 24].map((shift) => (value >>> shift) & 255)),
  };
}
