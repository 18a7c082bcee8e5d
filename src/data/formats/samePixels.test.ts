// One picture in every format: the same pixels, whatever its colour profile and orientation.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { formulaImage } from '../fixtures/formula.ts';
import { decodeImage } from './imageDecoding.ts';
import { exifOrientation } from './orientation.ts';

const [height, width] = [6, 9];
const options = { raw: { height, width, channels: 3 } } as const;
/** Smooth, so that JPEG keeps it. */
const pixels = Uint8Array.from(
  { length: height * width * 3 },
  (_, index) => 20 + 8 * Math.floor(index / 27) + 9 * Math.floor((index % 27) / 3) + 40 * (index % 3),
);
/** The picture in each format; a profile converts the stored values, the same way in all. */
const files = (orientation: number, icc?: string) => {
  const picture = () => sharp(pixels, options).withMetadata({ orientation, ...(icc && { icc }) });
  return {
    png: picture().png(),
    interlaced: picture().png({ progressive: true }),
    sixteen: picture().toColourspace('rgb16').png(),
    webp: picture().webp({ lossless: true }),
    tiff: picture().tiff({ compression: 'lzw' }),
    deepTiff: picture().toColourspace('rgb16').tiff({ compression: 'lzw' }),
    avif: picture().avif({ lossless: true, chromaSubsampling: '4:4:4' }),
    jpeg: picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
  };
};
type Format = keyof ReturnType<typeof files>;

/** How far the values may be off: JPEG is lossy, and a profile is applied to 16 bits before they are rounded. */
const tolerance: Readonly<Record<Format, number>> = {
  png: 0,
  interlaced: 0,
  sixteen: 1,
  webp: 0,
  tiff: 0,
  deepTiff: 1,
  avif: 0,
  jpeg: 3,
};

describe.each([undefined, 'p3'])('with the colour profile %s', (icc) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('and orientation %d, all formats have the same pixels', async (turn) => {
    // The stored pixels, without colour profile, oriented by an independent decoder.
    const png = await files(turn, icc).png.toBuffer();
    const expected = await sharp(png, { ignoreIcc: true }).autoOrient().raw().toBuffer();
    const stored = await sharp(png, { ignoreIcc: true }).raw().toBuffer();
    expect(Buffer.compare(stored, Buffer.from(pixels)) === 0).toBe(icc === undefined);
    for (const [format, file] of Object.entries(files(turn, icc))) {
      const bytes = await file.toBuffer();
      const image = await decodeImage(bytes, format);
      const isDeep = format === 'sixteen' || format === 'deepTiff';
      expect(image.data instanceof Uint16Array, format).toBe(isDeep);
      expect([image.height, image.width], format).toEqual(turn > 4 ? [width, height] : [height, width]);
      // The decoder of AVIF turns images without saying so.
      expect(image.notes.includes('rotated'), format).toBe(turn > 1 && format !== 'avif');
      const shown = Array.from(image.data, (value) => (isDeep ? Math.round(value / 257) : value));
      const off = Math.max(...shown.map((value, index) => Math.abs(value - expected[index]!)));
      expect(off, format).toBeLessThanOrEqual(tolerance[format as Format]);
    }
  });
});

it('of few colours are exact with 1, 2 and 4 bits, interlaced or not', async () => {
  const grey = formulaImage(0, height, width, 1);
  for (const bits of [1, 2, 4]) {
    const maxLevel = 2 ** bits - 1;
    const few = grey.map((value) => Math.round((value * maxLevel) / 255) * (255 / maxLevel));
    for (const progressive of [false, true]) {
      const file = sharp(few, { raw: { height, width, channels: 1 } }).toColourspace('b-w');
      const bytes = await file.png({ progressive, palette: true, colours: 2 ** bits, dither: 0 }).toBuffer();
      expect([bytes[24], bytes[28]]).toEqual([bits, progressive ? 1 : 0]);
      const image = await decodeImage(bytes, 'few.png');
      const shown = image.data.filter((_, index) => index % image.channels === 0);
      expect([...shown]).toEqual([...few]);
    }
  }
});

it('ignores the orientation of damaged EXIF data', () => {
  const exif = (bytes: number[]) => exifOrientation(Uint8Array.from(bytes));
  const tiff = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0];
  expect(exif(tiff)).toBe(6);
  expect(exif([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0])).toBe(8);
  for (let length = 0; length < tiff.length; length++) {
    expect(exif(tiff.slice(0, length))).toBe(1);
  }
  expect(exif(tiff.with(18, 9))).toBe(1);
  expect(exif(tiff.with(4, 255))).toBe(1);
});
