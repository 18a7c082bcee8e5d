// Encodes PNG files of every form, by the specification and with plain loops.
import { crc32, deflateSync } from 'node:zlib';

/** The colour types of PNG, by the name of what their samples are. */
export const colourTypes = {
  grey: 0,
  colour: 2,
  palette: 3,
  'grey with alpha': 4,
  'colour with alpha': 6,
} as const;
type ColourType = keyof typeof colourTypes;

/** The samples of a pixel. */
export const samplesPerPixel: Readonly<Record<ColourType, number>> = {
  grey: 1,
  colour: 3,
  palette: 1,
  'grey with alpha': 2,
  'colour with alpha': 4,
};

/** A picture as its file has it. */
export interface PlainPng {
  readonly height: number;
  readonly width: number;
  readonly type: ColourType;
  readonly depth: number;
  /** `[H, W, samples]`. */
  readonly samples: readonly number[];
  readonly interlaced: boolean;
  /** The filter of each row, in turn. */
  readonly filters: readonly number[];
  /** RGB of each colour of the palette. */
  readonly palette?: readonly number[];
  /** The bytes of the tRNS chunk. */
  readonly transparency?: readonly number[];
  /** How many IDAT chunks the data is in. */
  readonly chunks: number;
}

/** The first row and column of each pass, and the distances between its rows and columns. */
const adam7 = [
  [0, 0, 8, 8],
  [0, 4, 8, 8],
  [4, 0, 8, 4],
  [0, 2, 4, 4],
  [2, 0, 4, 2],
  [0, 1, 2, 2],
  [1, 0, 2, 1],
] as const;

/** The bytes of a picture's file. */
export function encodePlainPng(png: PlainPng): Uint8Array {
  const { height, width, type, depth, interlaced, palette, transparency, chunks } = png;
  const passes = interlaced ? adam7 : [[0, 0, 1, 1] as const];
  const data = deflateSync(Uint8Array.from(passes.flatMap((pass) => passBytes(png, pass))));
  const header = [...word(width), ...word(height), depth, colourTypes[type], 0, 0, interlaced ? 1 : 0];
  const length = Math.ceil(data.length / chunks);
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', header),
    ...(palette ? chunk('PLTE', palette) : []),
    ...(transparency ? chunk('tRNS', transparency) : []),
    ...Array.from({ length: chunks }, (_, index) =>
      chunk('IDAT', [...data.subarray(index * length, (index + 1) * length)]),
    ).flat(),
    ...chunk('IEND', []),
  ]);
}

function word(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

function chunk(name: string, bytes: readonly number[]): number[] {
  const body = [...new TextEncoder().encode(name), ...bytes];
  return [...word(bytes.length), ...body, ...word(crc32(Uint8Array.from(body)))];
}

/** The filtered rows of a pass. */
function passBytes(
  { height, width, type, depth, samples, filters }: PlainPng,
  [firstRow, firstColumn, down, right]: (typeof adam7)[number] | readonly [0, 0, 1, 1],
): number[] {
  const each = samplesPerPixel[type];
  const bytes: number[] = [];
  const step = Math.max(1, (each * depth) / 8);
  let above: number[] = [];
  for (let row = firstRow, number = 0; row < height && firstColumn < width; row += down, number++) {
    const bits: number[] = [];
    for (let column: number = firstColumn; column < width; column += right) {
      for (let sample = 0; sample < each; sample++) {
        const value = samples[(row * width + column) * each + sample]!;
        for (let bit = depth - 1; bit >= 0; bit--) {
          bits.push((value >>> bit) & 1);
        }
      }
    }
    const raw = Array.from({ length: Math.ceil(bits.length / 8) }, (_, index) =>
      Array.from({ length: 8 }, (_unused, bit) => (bits[8 * index + bit] ?? 0) << (7 - bit)).reduce(
        (a, b) => a + b,
      ),
    );
    const filter = filters[number % filters.length]!;
    bytes.push(
      filter,
      ...raw.map((value, index) => {
        const [left, up, corner] = [raw[index - step] ?? 0, above[index] ?? 0, above[index - step] ?? 0];
        return (value - predict(filter, left, up, corner)) & 255;
      }),
    );
    above = raw;
  }
  return bytes;
}

function predict(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return Math.floor((left + up) / 2);
    case 4: {
      const estimate = left + up - corner;
      const distances = [left, up, corner].map((value) => Math.abs(estimate - value));
      const nearest = Math.min(...distances);
      return [left, up, corner][distances.indexOf(nearest)]!;
    }
    default:
      return 0;
  }
}
