// Decoding of files written by Pillow, one per format, and of real images.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { eightBit } from '../../testing/eightBit.ts';
import { emojiFolder } from '../../testing/rawSplits.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { fixture, formulaImage } from '../fixtures/formula.ts';
import { crc32 } from './compression.node.ts';
import { decodeImage } from './imageDecoding.ts';

const decode = (name: string) => decodeImage(readFileSync(fixture(name)), name);
const pickShape = ({ height, width, channels }: DecodedImage) => [height, width, channels];
const colour = formulaImage(0, 10, 12, 3);
const grey = formulaImage(0, 10, 12, 1);

const onWhite = (pixels: Uint8Array): number[] =>
  Array.from(pixels, (value, index) => {
    const [row, column] = [Math.floor(index / 36), Math.floor((index % 36) / 3)];
    const alpha = row < 5 ? 0 : column < 6 ? 128 : 255;
    return Math.round((alpha * value + (255 - alpha) * 255) / 255);
  });

describe('decodeImage', () => {
  it.each<[string, number[], ArrayLike<number>, string[]]>([
    ['grey.png', [10, 12, 1], grey, []],
    ['opaque.png', [10, 12, 3], colour, []],
    ['transparent.png', [10, 12, 3], onWhite(colour), ['transparency on white']],
    ['key.png', [10, 12, 1], grey.map((value) => (value === 0 ? 255 : value)), ['transparency on white']],
    ['sixteen.png', [10, 12, 1], Uint16Array.from(grey, (value) => 257 * value), []],
    ['one.png', [10, 12, 1], grey.map((value) => (value > 127 ? 255 : 0)), []],
    ['lossless.webp', [10, 12, 3], colour, []],
    ['transparent.webp', [10, 12, 3], onWhite(colour), ['transparency on white']],
    ['moving.webp', [10, 12, 3], colour, ['first of several frames']],
  ])('reads %s exactly', async (name, shape, pixels, notes) => {
    const image = await decode(name);
    expect(pickShape(image)).toEqual(shape);
    expect([...image.data]).toEqual(Array.from(pixels));
    expect(image.notes).toEqual(notes);
  });

  it('notes formats that names do not promise', async () => {
    const decodingNotes = async (name: string, source: string): Promise<readonly string[]> =>
      (await decodeImage(readFileSync(fixture(name)), source)).notes;
    expect(await decodingNotes('smooth.jpeg', 'a.zip: b.PNG')).toEqual(['JPEG named .png']);
    expect(await decodingNotes('opaque.png', 'b.jpg')).toEqual(['PNG named .jpg']);
    expect(await decodingNotes('plain.tiff', 'a.tif')).toEqual([]);
    expect(await decodingNotes('smooth.jpeg', 'a.jpg')).toEqual([]);
    expect(await decodingNotes('smooth.jpeg', 'a.parquet: row 3')).toEqual([]);
  });

  it('applies a palette', async () => {
    const image = await decode('palette.png');
    expect([pickShape(image), image.notes]).toEqual([[10, 12, 3], ['palette']]);
    const off =
      eightBit(image.data).reduce((sum, value, index) => sum + Math.abs(value - colour[index]!), 0) /
      colour.length;
    expect(off).toBeLessThan(20);
  });

  /** What JPEG keeps of a smooth image, rotated or not. */
  it.each<[string, number[], string[], (row: number, column: number) => number[]]>([
    ['smooth.jpeg', [20, 24, 3], [], (row, column) => [(200 * row) / 19, (240 * column) / 23, 128]],
    ['grey.jpeg', [20, 24, 1], [], (row) => [(200 * row) / 19]],
    [
      'turned.jpeg',
      [24, 20, 3],
      ['rotated'],
      (row, column) => [(200 * (19 - column)) / 19, (240 * row) / 23, 128],
    ],
    ['cmyk.jpeg', [20, 24, 3], ['CMYK'], (row, column) => [(200 * row) / 19, (240 * column) / 23, 128]],
  ])('reads %s to within the loss of JPEG', async (name, shape, notes, expected) => {
    const image = await decode(name);
    expect([pickShape(image), image.notes]).toEqual([shape, notes]);
    // CMYK goes through a colour profile, which preserves the order of colours better than their values.
    const reach = name === 'cmyk.jpeg' ? 110 : 12;
    const [height, width, channels] = shape as [number, number, number];
    for (let pixel = 0; pixel < height * width; pixel++) {
      const wanted = expected(Math.floor(pixel / width), pixel % width);
      wanted.forEach((value, channel) => {
        const actual = image.data[pixel * channels + channel]!;
        expect(Math.abs(actual - value), `${name} ${pixel} ${channel}`).toBeLessThan(reach);
      });
    }
  });

  it.each([
    ['an empty file', new Uint8Array(), /^x: empty; use another copy$/],
    [
      'text',
      Buffer.from('GIF and so on'),
      /^x: not a PNG, \.npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it$/,
    ],
    [
      'half a JPEG',
      readFileSync(fixture('smooth.jpeg')).subarray(0, 600),
      /^x: corrupt: .*; use another copy$/,
    ],
    [
      'half a WebP',
      readFileSync(fixture('lossless.webp')).subarray(0, 40),
      /^x: corrupt: .*; use another copy$/,
    ],
  ])('rejects %s', async (_, bytes, message) => {
    await expect(decodeImage(bytes, 'x')).rejects.toThrow(message);
    await expect(decodeImage(bytes, 'x')).rejects.toMatchObject({ name: 'UserError' });
  });

  it('rejects files of a few bytes with enormous images', async () => {
    const flat = (side: number) =>
      sharp({ create: { width: side, height: side + 1, channels: 3, background: 'red' } });
    const tooMany =
      '12001x12000 pixels are too many: at most 134217728, and 65535 a side; make the image smaller';
    /** A JPEG whose frame header, after the marker FF C0 (FF C2 if it is progressive), says another size. */
    const createJpeg = async (height: number, width: number, progressive = false): Promise<Buffer> => {
      const bytes = await flat(16).jpeg({ progressive }).toBuffer();
      const frame = bytes.indexOf(Buffer.of(0xff, progressive ? 0xc2 : 0xc0));
      bytes.writeUInt16BE(height, frame + 5);
      bytes.writeUInt16BE(width, frame + 7);
      return bytes;
    };
    await expect(decodeImage(await createJpeg(12_001, 12_000), 'bomb.jpeg')).rejects.toThrow(
      `bomb.jpeg: ${tooMany}`,
    );
    await expect(decodeImage(await createJpeg(9_501, 9_500, true), 'slow.jpeg')).rejects.toThrow(
      'slow.jpeg: 9501x9500 pixels take 775 MiB to decode in this format, at most 768; make the image smaller',
    );
    const small = readFileSync(fixture('opaque.png'));
    /** A PNG whose header says another size. */
    const createPng = (height: number, width: number): Buffer => {
      const bytes = Buffer.from(small);
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      return bytes;
    };
    await expect(decodeImage(createPng(12_001, 12_000), 'bomb.png')).rejects.toThrow(`bomb.png: ${tooMany}`);
    await expect(decodeImage(createPng(1, 65_536), 'long.png')).rejects.toThrow(
      'long.png: 1x65536 pixels are too many',
    );
    // The header of a small image before the data of a larger one.
    const png = await flat(1000).png().toBuffer();
    const lie = Buffer.concat([small.subarray(0, 33), png.subarray(33)]);
    await expect(decodeImage(lie, 'lie.png')).rejects.toThrow(
      'lie.png: corrupt: its data has more bytes than the 490 that its header requires; use another copy',
    );
  });

  describe('of GIF, TIFF and AVIF files', () => {
    const raw = { raw: { width: 12, height: 10, channels: 3 } } as const;
    const flat = (value: number) => Buffer.alloc(colour.length, value);

    it('reads GIF files, and the first frame of an animation', async () => {
      const still = await decodeImage(await sharp(flat(90), raw).gif().toBuffer(), 'x');
      expect([pickShape(still), [...still.data], still.notes]).toEqual([[10, 12, 3], [...flat(90)], []]);
      const frames = Buffer.concat([flat(200), flat(90)]);
      const moving = await sharp(frames, { raw: { ...raw.raw, height: 20, pageHeight: 10 } })
        .gif()
        .toBuffer();
      const first = await decodeImage(moving, 'x');
      expect([pickShape(first), [...first.data]]).toEqual([[10, 12, 3], [...flat(200)]]);
      expect(first.notes).toEqual(['first of several frames']);
    });

    it('composites transparency onto white', async () => {
      const clear = await sharp({ create: { width: 4, height: 3, channels: 4, background: '#00000000' } });
      for (const file of [
        clear.clone().gif(),
        clear.clone().tiff({ compression: 'lzw' }),
        clear.clone().avif({ lossless: true }),
      ]) {
        const image = await decodeImage(await file.toBuffer(), 'x');
        expect([...image.data]).toEqual(Array(36).fill(255));
        expect(image.notes).toContain('transparency on white');
      }
    });

    it('rounds 10 and 12 bits', async () => {
      for (const bitdepth of [10, 12] as const) {
        const white = sharp(new Uint16Array(360).fill(65_535), raw).toColourspace('rgb16');
        const bytes = await white.avif({ lossless: true, bitdepth }).toBuffer();
        const { data, notes } = await decodeImage(bytes, 'x');
        expect([new Set(data), notes]).toEqual([new Set([255]), ['16-bit']]);
      }
    });

    it('refuses what it cannot read, in one line', async () => {
      const real = await sharp(colour, raw).toColourspace('scrgb').tiff({ compression: 'lzw' }).toBuffer();
      await expect(decodeImage(real, 'x')).rejects.toThrow(
        'x: its values are of type float, not unsigned integers of 8 or 16 bits: write them to a .npy or FITS file',
      );
      const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
      await expect(decodeImage(heic, 'x')).rejects.toThrow(/^x: not a PNG, .* image; convert it$/);
      for (const format of ['gif', 'tiff', 'avif'] as const) {
        const bytes = await sharp(colour, raw)[format]().toBuffer();
        const half = bytes.subarray(0, bytes.length / 2);
        await expect(decodeImage(half, 'x'), format).rejects.toThrow(/^x: corrupt: .*; use another copy$/);
      }
    });

    it('rejects enormous images before they are decoded', async () => {
      const gif = await sharp(flat(90), raw).gif().toBuffer();
      // The sizes of the screen and of the frame, whose descriptor begins with a comma.
      for (const offset of [6, gif.lastIndexOf(Buffer.from(',\0\0\0\0')) + 5]) {
        gif.writeUInt16LE(65_535, offset);
        gif.writeUInt16LE(65_535, offset + 2);
      }
      await expect(decodeImage(gif, 'x')).rejects.toThrow('x: 65535x65535 pixels are too many');
      /** A small TIFF whose directory says another size. */
      const createTiff = async (width: number, channels: 3 | 4, space: 'b-w' | 'rgb16'): Promise<Buffer> => {
        const bytes = await sharp({ create: { width: 20, height: 10, channels, background: '#ff000080' } })
          .toColourspace(space)
          .tiff({ compression: 'deflate', predictor: 'none' })
          .toBuffer();
        for (const [tag, was, size] of [
          [256, 20, width],
          [257, 10, 9_000],
        ] as const) {
          const entry = Buffer.from(Uint16Array.of(tag, 3, 1, 0, was).buffer);
          const offset = bytes.indexOf(entry);
          expect(offset).toBeGreaterThan(0);
          bytes.writeUInt16LE(size, offset + 8);
        }
        return bytes;
      };
      await expect(decodeImage(await createTiff(15_000, 3, 'b-w'), 'x')).rejects.toThrow(
        'x: 9000x15000 pixels are too many',
      );
      await expect(decodeImage(await createTiff(8_000, 4, 'rgb16'), 'x')).rejects.toThrow(
        'x: 9000x8000 pixels take 1030 MiB to decode in this format, at most 768',
      );
    });
  });

  it('says in one line that sharp is missing', async () => {
    vi.doMock('sharp', () => {
      throw new Error("Cannot find package 'sharp'");
    });
    try {
      await expect(decode('smooth.jpeg')).rejects.toThrow(
        /^smooth.jpeg: reading images other than PNG requires the package sharp: run npm install sharp@[\d.]+$/,
      );
      expect((await decode('opaque.png')).data).toEqual(colour);
    } finally {
      vi.doUnmock('sharp');
    }
  });
});

/** A file decoded by another decoder, libpng through sharp, and composited onto white. */
async function bySharp(bytes: Uint8Array): Promise<{ height: number; width: number; data: Uint8Array }> {
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .flatten({ background: 'white' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { height: info.height, width: info.width, data };
}

async function expectAgreement(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const bytes = readFileSync(join(folder, name));
    const [image, reference] = [await decodeImage(bytes, name), await bySharp(bytes)];
    expect([image.height, image.width], name).toEqual([reference.height, reference.width]);
    const copies = reference.data.length / image.data.length;
    const off = reference.data.findIndex(
      (value, index) => Math.abs(value - image.data[Math.floor(index / copies)]!) > 1,
    );
    expect(off, name).toBe(-1);
  }
}

describe('real images are read as by another decoder', () => {
  it('emoji, with palettes and transparency', async () => {
    const names = readdirSync(emojiFolder).filter((_, index) => index % 60 === 0);
    expect(names.length).toBeGreaterThan(50);
    await expectAgreement(emojiFolder, names);
  });

  const nebulae = '/usr/share/stellarium/nebulae/default';
  it.skipIf(!existsSync(nebulae))(
    'nebulae (Debian package stellarium-data)',
    { tags: 'system' },
    async () => {
      const names = readdirSync(nebulae)
        .filter((name) => name.endsWith('.png'))
        .sort()
        .filter((name, index) => index % 12 === 0 && readFileSync(join(nebulae, name)).length < 1e6);
      expect(names.length).toBeGreaterThan(5);
      await expectAgreement(nebulae, names);
    },
  );
});
