// What holds of every file that a reader claims to read: its pixels are those that were written.
import fc from 'fast-check';
import { RandomStream } from '../../../core/numeric/index.ts';
import { decodeImage } from '../../../data/formats/imageDecoding.ts';
import type { AnyProperty } from '../property.ts';
import { colourTypes, encodePlainPng, type PlainPng, samplesPerPixel } from './plainPng.ts';

interface PngCase {
  readonly height: number;
  readonly width: number;
  readonly type: keyof typeof colourTypes;
  readonly depth: number;
  readonly interlaced: boolean;
  readonly filters: readonly number[];
  readonly chunks: number;
  /** Whether a colour, or some of the palette, is transparent. */
  readonly isClear: boolean;
  readonly levels: 'any' | 'ends' | 'equal';
  readonly seed: number;
}

const depths: Readonly<Record<keyof typeof colourTypes, readonly number[]>> = {
  grey: [1, 2, 4, 8, 16],
  colour: [8, 16],
  palette: [1, 2, 4, 8],
  'grey with alpha': [8, 16],
  'colour with alpha': [8, 16],
};

const pngCases: fc.Arbitrary<PngCase> = fc
  .constantFrom(...(Object.keys(colourTypes) as PngCase['type'][]))
  .chain((type) =>
    fc.record({
      height: fc.integer({ min: 1, max: 17 }),
      width: fc.integer({ min: 1, max: 17 }),
      type: fc.constant(type),
      depth: fc.constantFrom(...depths[type]),
      interlaced: fc.boolean(),
      filters: fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
      chunks: fc.integer({ min: 1, max: 3 }),
      isClear: fc.boolean(),
      levels: fc.constantFrom('any', 'ends', 'equal'),
      seed: fc.nat(1000),
    }),
  );

/** The file of a case, and the pixels that it shows on white. */
function drawPng({ type, depth, isClear, levels, seed, ...rest }: PngCase): {
  png: PlainPng;
  shown: number[];
} {
  const random = new RandomStream(seed, 'samples');
  const most = 2 ** depth - 1;
  const colours = Math.min(2 ** depth, 1 + random.integer(256));
  const limit = type === 'palette' ? colours : most + 1;
  const level = random.integer(limit);
  const drawn = (): number =>
    ({ any: random.integer(limit), ends: (limit - 1) * random.integer(2), equal: level })[levels];
  const each = samplesPerPixel[type];
  const pixels = rest.height * rest.width;
  const samples = Array.from({ length: pixels * each }, drawn);
  const palette = Array.from({ length: 3 * colours }, () => random.integer(256));
  const isKeyed = isClear && (type === 'grey' || type === 'colour');
  const key = isKeyed ? samples.slice(0, each) : [];
  const alphas = Array.from({ length: 1 + random.integer(colours) }, () => random.integer(256));
  const png: PlainPng = {
    ...rest,
    type,
    depth,
    samples,
    ...(type === 'palette' && { palette }),
    ...(isKeyed && { transparency: key.flatMap((value) => [value >> 8, value & 255]) }),
    ...(isClear && type === 'palette' && { transparency: alphas }),
  };
  const white = depth === 16 ? 65_535 : 255;
  const shown = Array.from({ length: pixels }, (_, pixel): number[] => {
    const own = samples.slice(pixel * each, (pixel + 1) * each);
    const onWhite = (values: readonly number[], alpha: number): number[] =>
      values.map((value) => Math.round((alpha * value + (white - alpha) * white) / white));
    if (type === 'palette') {
      const alpha = isClear ? (alphas[own[0]!] ?? 255) : 255;
      return onWhite(palette.slice(3 * own[0]!, 3 * own[0]! + 3), alpha);
    }
    const scaled = own.map((value) => (depth < 8 ? (value * 255) / most : value));
    if (type === 'grey' || type === 'colour') {
      const isTransparent = isKeyed && own.every((value, index) => value === key[index]);
      return onWhite(scaled, isTransparent ? 0 : white);
    }
    return onWhite(scaled.slice(0, -1), scaled.at(-1)!);
  });
  return { png, shown: shown.flat() };
}

async function checkPng(pngCase: PngCase): Promise<void> {
  const { png, shown } = drawPng(pngCase);
  const image = await decodeImage(encodePlainPng(png), 'a.png');
  const channels = /grey/.test(png.type) ? 1 : 3;
  const shape = [image.height, image.width, image.channels];
  requireSame('shape', shape, [png.height, png.width, channels]);
  requireSame('bits', [8 * image.data.BYTES_PER_ELEMENT], [png.depth === 16 ? 16 : 8]);
  requireSame('pixels', image.data, shown);
}

/** Arrays of each type that images may have, and how their elements are written. */
const elementTypes = {
  u1: { bytes: 1, write: (view: DataView, at: number, value: number) => view.setUint8(at, value) },
  u2: {
    bytes: 2,
    write: (view: DataView, at: number, value: number, little: boolean) => view.setUint16(at, value, little),
  },
  f4: {
    bytes: 4,
    write: (view: DataView, at: number, value: number, little: boolean) => view.setFloat32(at, value, little),
  },
  f8: {
    bytes: 8,
    write: (view: DataView, at: number, value: number, little: boolean) => view.setFloat64(at, value, little),
  },
} as const;

interface ArrayCase {
  readonly type: keyof typeof elementTypes;
  readonly order: '<' | '>' | '|' | '=' | '';
  readonly version: 1 | 2 | 3;
  readonly shape: readonly number[];
  /** The order of the keys, and the spaces, of the header. */
  readonly keys: readonly string[];
  readonly comma: boolean;
  readonly values: readonly number[];
}

const arrayCases: fc.Arbitrary<ArrayCase> = fc.record({
  type: fc.constantFrom(...(Object.keys(elementTypes) as ArrayCase['type'][])),
  order: fc.constantFrom('<', '>', '|', '=', ''),
  version: fc.constantFrom(1, 2, 3),
  shape: fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })),
  ),
  keys: fc.shuffledSubarray(['descr', 'fortran_order', 'shape'], { minLength: 3 }),
  comma: fc.boolean(),
  values: fc.array(fc.oneof(fc.nat(65_535), fc.float({ noNaN: true, noDefaultInfinity: true })), {
    minLength: 1,
    maxLength: 20,
  }),
}) as fc.Arbitrary<ArrayCase>;

async function checkArray({ type, order, version, shape, keys, comma, values }: ArrayCase): Promise<void> {
  const { bytes, write } = elementTypes[type];
  const entries: Readonly<Record<string, string>> = {
    descr: `'${order}${type}'`,
    fortran_order: 'False',
    shape: `(${shape.join(', ')})`,
  };
  const text = `{${keys.map((key) => `'${key}': ${entries[key]}`).join(', ')}${comma ? ', ' : ''}}`;
  const lengthBytes = version === 1 ? 2 : 4;
  const header = `${text.padEnd(64 * Math.ceil((text.length + 1 + 8 + lengthBytes) / 64) - 9 - lengthBytes)}\n`;
  const count = shape.reduce((product, length) => product * length, 1);
  const start = 8 + lengthBytes + header.length;
  const file = new Uint8Array(start + count * bytes);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) {
    view.setUint16(8, header.length, true);
  } else {
    view.setUint32(8, header.length, true);
  }
  file.set(new TextEncoder().encode(header), 8 + lengthBytes);
  const isInteger = type.startsWith('u');
  const written = Array.from({ length: count }, (_, index) => {
    const value = values[index % values.length]!;
    return isInteger ? Math.abs(Math.trunc(value)) % 2 ** (8 * bytes) : value;
  });
  written.forEach((value, index) => {
    write(view, start + index * bytes, value, order !== '>');
  });
  const image = await decodeImage(file, 'a.npy');
  requireSame('shape', [image.height, image.width, image.channels], [shape[0]!, shape[1]!, shape[2] ?? 1]);
  requireSame('numbers', image.data, isInteger ? written : written.map(Math.fround));
}

function requireSame(what: string, actual: ArrayLike<number>, expected: readonly number[]): void {
  const [a, b] = [Array.from(actual).join(' '), expected.map((value) => value + 0).join(' ')];
  if (a !== b) {
    throw new Error(`${what}: ${a}, not ${b}`);
  }
}

/** The properties of data. */
export const dataProperties: readonly AnyProperty[] = [
  {
    topic: 'data',
    name: 'PNG files of every form have the pixels that were written',
    cases: pngCases,
    tries: 300,
    check: checkPng,
  },
  {
    topic: 'data',
    name: 'NumPy arrays of every type and byte order have the numbers that were written',
    cases: arrayCases,
    tries: 300,
    check: checkArray,
  },
];
