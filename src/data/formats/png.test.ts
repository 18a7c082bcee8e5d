// PNG files of every kind, written from the specification, and invalid ones.
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePng } from './png.ts';

/** The colour types in a header. */
const grey = 0;
const colour = 2;
const indexed = 3;
const greyAlpha = 4;
const colourAlpha = 6;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

interface Form {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  /** The bytes of each row, without its filter byte. */
  readonly rows: readonly (readonly number[])[];
  readonly palette?: readonly number[];
  readonly transparency?: readonly number[];
  readonly interlaced?: boolean;
}

/** The bytes of a PNG file. */
function pngBytes({ width, height, depth, type, rows, palette, transparency, interlaced }: Form): Uint8Array {
  const header = [...uint32(width), ...uint32(height), depth, type, 0, 0, interlaced ? 1 : 0];
  const data = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  return Uint8Array.from([
    ...signature,
    ...chunk('IHDR', header),
    ...(palette ? chunk('PLTE', palette) : []),
    ...(transparency ? chunk('tRNS', transparency) : []),
    ...chunk('IDAT', [...data]),
    ...chunk('IEND', []),
  ]);
}

const chunk = (type: string, data: readonly number[]): number[] => [
  ...chunkBytes(type, Uint8Array.from(data)),
];

function chunkBytes(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([Buffer.from(uint32(data.length)), body, Buffer.from(uint32(crc32(body)))]);
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

const read = async (form: Form) => {
  const { height, width, channels, data } = await decodePng(pngBytes(form), 'some/file.png');
  return { shape: [height, width, channels], pixels: [...data] };
};

const refused = (bytes: Uint8Array, message: RegExp, which?: string) =>
  expect(decodePng(bytes, 'some/file.png'), which).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(message),
  });

const two = { width: 2, height: 2, depth: 8 };
const rows = [
  [1, 2],
  [3, 4],
];

describe('decodePng reads', () => {
  it('8 bits, grey and colour, with and without an opaque alpha channel', async () => {
    const greys = { shape: [2, 2, 1], pixels: [1, 2, 3, 4] };
    const colours = { shape: [1, 2, 3], pixels: [1, 2, 3, 4, 5, 6] };
    expect(await read({ ...two, type: grey, rows })).toEqual(greys);
    const opaque = rows.map(([left, right]) => [left!, 255, right!, 255]);
    expect(await read({ ...two, type: greyAlpha, rows: opaque })).toEqual(greys);
    const single = { ...two, height: 1 };
    expect(await read({ ...single, type: colour, rows: [[1, 2, 3, 4, 5, 6]] })).toEqual(colours);
    expect(await read({ ...single, type: colourAlpha, rows: [[1, 2, 3, 255, 4, 5, 6, 255]] })).toEqual(
      colours,
    );
  });

  it('1, 2 and 4 bits, with rows padded to whole bytes', async () => {
    const three = { width: 3, height: 2, type: grey };
    const rows = [[0b10100000], [0b01000000]];
    expect((await read({ ...three, depth: 1, rows })).pixels).toEqual([255, 0, 255, 0, 255, 0]);
    const quarters = [[0b00011011 & 0b11111100], [0b11000100]];
    expect((await read({ ...three, depth: 2, rows: quarters })).pixels).toEqual([0, 85, 170, 255, 0, 85]);
    const nibbles = [
      [0x0f, 0x70],
      [0x12, 0xe0],
    ];
    expect((await read({ ...three, depth: 4, rows: nibbles })).pixels).toEqual([0, 255, 119, 17, 34, 238]);
  });

  it('16 bits', async () => {
    const rows = [
      [0, 0, 255, 255],
      [128, 0, 1, 128],
    ];
    expect((await read({ ...two, depth: 16, type: grey, rows })).pixels).toEqual([0, 65_535, 32_768, 384]);
  });

  it('palettes of any depth, with opaque entries in the transparency chunk', async () => {
    const palette = [10, 20, 30, 40, 50, 60, 70, 80, 90];
    const pixels = [70, 80, 90, 10, 20, 30, 40, 50, 60, 40, 50, 60];
    const form = { ...two, type: indexed, palette };
    expect(
      await read({
        ...form,
        rows: [
          [2, 0],
          [1, 1],
        ],
      }),
    ).toEqual({ shape: [2, 2, 3], pixels });
    const packed = { ...form, depth: 2, rows: [[0b10000000], [0b01010000]] };
    expect((await read(packed)).pixels).toEqual(pixels);
    expect((await read({ ...packed, transparency: [255, 255] })).pixels).toEqual(pixels);
  });

  it('interlaced images', async () => {
    // For 2x2 pixels the first, sixth and seventh passes are not empty: (0, 0), (0, 1), then the second row.
    const form = { ...two, type: grey, interlaced: true, rows: [[1], [2], [3, 4]] };
    expect((await read(form)).pixels).toEqual([1, 2, 3, 4]);
    const nibbles = [[0x1f], [0x2f], [0x34]];
    expect((await read({ ...form, depth: 4, rows: nibbles })).pixels).toEqual([17, 34, 51, 68]);
  });

  it('every filter, including Paeth with its three neighbours', async () => {
    // The rows 1, 2, 3, then 5, 9, 12 and so on, filtered.
    const sent = [
      [0, 1, 2, 3],
      [1, 5, 4, 3],
      [2, 1, 1, 1],
      [3, 4, 2, 1],
      [4, 0, 1, 254],
    ];
    const [header, data] = [
      [...uint32(3), ...uint32(5), 8, grey, 0, 0, 0],
      deflateSync(Buffer.from(sent.flat())),
    ];
    const file = [...signature, ...chunk('IHDR', header), ...chunk('IDAT', [...data]), ...chunk('IEND', [])];
    expect([...(await decodePng(Uint8Array.from(file), 'x')).data]).toEqual([
      ...[1, 2, 3],
      ...[5, 9, 12],
      ...[6, 10, 13],
      ...[7, 10, 12],
      ...[7, 11, 10],
    ]);
  });

  it('a hundred million samples of 16 bits', async () => {
    const [width, height] = [10_000, 10_000];
    const header = [...uint32(width), ...uint32(height), 16, grey, 0, 0, 0];
    const data = chunkBytes('IDAT', deflateSync(new Uint8Array(height * (1 + 2 * width)), { level: 1 }));
    const file = Buffer.concat([
      Buffer.from([...signature, ...chunk('IHDR', header)]),
      data,
      chunkBytes('IEND', new Uint8Array()),
    ]);
    const image = await decodePng(file, 'x');
    expect([image.width, image.height, image.data.length]).toEqual([width, height, 1e8]);
  });

  it.each<[string, Form]>([
    [
      'an alpha channel',
      {
        ...two,
        type: greyAlpha,
        rows: [
          [1, 255, 2, 254],
          [3, 255, 4, 255],
        ],
      },
    ],
    ['a transparent colour', { ...two, type: grey, rows, transparency: [0, 2] }],
    [
      'a palette',
      {
        ...two,
        type: indexed,
        palette: [1, 1, 1, 2, 2, 2],
        rows: [
          [0, 1],
          [1, 0],
        ],
        transparency: [255, 7],
      },
    ],
  ])('images that are partly transparent, by %s, composited onto white', async (_, form) => {
    expect((await decodePng(pngBytes(form), 'some/file.png')).notes).toContain('transparency on white');
  });
});

describe('decodePng rejects', () => {
  const sound = pngBytes({ ...two, type: grey, rows });

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /: empty; use another copy$/],
    ['a JPEG', Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, ...Array(40).fill(0)]), /: not a PNG image; convert/],
    [
      'no pixels',
      pngBytes({ ...two, width: 0, type: grey, rows: [] }),
      /corrupt: its header says 2x0 pixels/,
    ],
    [
      'more pixels than the file can hold',
      pngBytes({ ...two, height: 1e9, type: grey, rows }),
      /its header requires 3000000000/,
    ],
    ['too few rows', pngBytes({ ...two, height: 3, type: grey, rows }), /: corrupt: /],
    [
      'an index outside the palette',
      pngBytes({ ...two, type: indexed, palette: [1, 1, 1], rows }),
      /corrupt/,
    ],
    ['no palette', pngBytes({ ...two, type: indexed, palette: [], rows }), /: corrupt: /],
    [
      'millions of empty chunks',
      Buffer.concat([sound.subarray(0, 33), new Uint8Array(2 ** 24)]),
      /corrupt: it has more than 262144 chunks/,
    ],
    [
      'a transparent colour in addition to an alpha channel',
      pngBytes({
        ...two,
        height: 1,
        type: greyAlpha,
        rows: [[1, 255, 2, 255]],
        transparency: [0, 1],
      }),
      /2 bytes of transparency/,
    ],
    [
      '16 bits with a palette, which allows at most 8',
      pngBytes({ ...two, depth: 16, type: indexed, palette: [1, 1, 1], rows }),
      /colour type 3 with 16 bits/,
    ],
  ])('%s', async (_, bytes, message) => {
    await refused(bytes, message);
  });

  it('every truncation and every flipped bit', async () => {
    for (let length = 0; length < sound.length - 4; length++) {
      await refused(sound.subarray(0, length), /corrupt|not a PNG|empty/, `${length} bytes`);
    }
    for (let bit = 0; bit < 8 * sound.length; bit++) {
      const flipped = Uint8Array.from(sound);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await refused(flipped, /corrupt|not a PNG/, `bit ${bit}`);
    }
  });
});
