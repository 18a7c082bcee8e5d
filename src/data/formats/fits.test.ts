// FITS files written by Astropy, read to the bit; and headers that claim what the file does not have.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { fitsCard, fitsImage, fitsPart } from '../../testing/tinyFields.ts';
import { fixture, formulaImage } from '../fixtures/formula.ts';
import { openDataset } from '../registry.ts';
import { decodeImage } from './imageDecoding.ts';

const folder = temporaryFolder();
const read = (name: string): Buffer => readFileSync(fixture(name));
const decode = (name: string) => decodeImage(read(name), name);

const pixels = formulaImage(0, 10, 12, 1);
const real = Float64Array.from(pixels, (value) => (value - 100) / 7);
const float = Float32Array.from(real);
const signed = Float32Array.from(pixels, (value) => 100 * value - 12_000);

describe('FITS files of Astropy', () => {
  it.each([
    ['u8.fits', pixels],
    ['u16.fits', Uint16Array.from(pixels, (value) => 257 * value)],
    ['i16.fits', signed],
    ['i32.fits', Float32Array.from(pixels, (value) => 100_000 * value - 12_000_000)],
    ['f4.fits', float],
    ['f8.fits', float],
    ['extension.fits', float],
    // Stored numbers are rounded to 1/256.
    ['scaled.fits', Float32Array.from(real, (value) => 10 + Math.round((value - 10) * 256) / 256)],
    ['cube.fits', Float32Array.from(formulaImage(0, 10, 12, 3), (value) => (value - 100) / 7)],
  ])('are read to the bit: %s', async (name, values) => {
    const { height, width, channels, data } = await decode(name);
    expect([height, width, channels]).toEqual([10, 12, name === 'cube.fits' ? 3 : 1]);
    expect(data).toEqual(values);
  });

  it('report how much float64 was rounded', async () => {
    const error = Math.max(...real.map((value, index) => Math.abs(float[index]! - value)));
    expect((await decode('f8.fits')).rounding).toBe(error / Math.max(...real.map(Math.abs)));
    expect((await decode('f4.fits')).rounding).toBeUndefined();
  });

  it('have NaN where a value is blank', async () => {
    const { data } = await decode('blank.fits');
    expect(data).toEqual(signed.map((value) => (value === -12_000 ? Number.NaN : value)));
    expect(data.some(Number.isNaN)).toBe(true);
  });

  it('open as a folder; blank values are counted, and their files named', async () => {
    for (let index = 0; index < 40; index++) {
      await writeFile(join(folder, `map-${index}.fits`), read('f4.fits'));
    }
    const { train, test } = await openDataset(folder);
    expect([train.kind, train.imageShape, test.count > 0]).toEqual(['float32', [10, 12, 1], true]);
    const held = test.nameAt!(0);
    await writeFile(join(folder, held), read('blank.fits'));
    await expect(openDataset(folder)).rejects.toThrow(
      new RegExp(`values? (is|are) NaN or infinite, in 1 of \\d+ test images \\(${held}\\)`),
    );
  });
});

/** A FITS file with these cards and so many bytes of data. */
const fits = (cards: readonly string[], bytes: number): Buffer => fitsPart(cards, new Uint8Array(bytes));

describe('a FITS file is refused', () => {
  it.each<[string, Buffer, RegExp]>([
    [
      'with less data than it claims',
      fits(fitsImage(-32, 12, 10), 479),
      /x: corrupt: its image needs 480 bytes after the header, found 479/,
    ],
    [
      'with more pixels than fit',
      fits(fitsImage(8, 1_000_000, 1_000_000), 99),
      /x: corrupt: its image needs 1000000000000 bytes/,
    ],
    ['of one axis', fits(fitsImage(8, 12), 12), /x: an image of 12 \(NAXIS1 x NAXIS2 …\)/],
    ['with a negative side', fits(fitsImage(8, 12, -10), 99), /x: corrupt: its NAXIS2 is -10/],
    [
      'with too many axes',
      fits([fitsCard('SIMPLE', 'T'), fitsCard('NAXIS', 1e9)], 9),
      /x: corrupt: it claims 1000000000 axes/,
    ],
    [
      'with a header without end',
      fits(fitsImage(8, 4, 4), 0).subarray(0, 200),
      /x: corrupt: its header ends after 200 bytes/,
    ],
    [
      'with integers of 64 bits',
      fits(fitsImage(64, 2, 2), 32),
      /x: values with BITPIX 64 cannot be read: convert them/,
    ],
    [
      'with a scale that is not a number',
      fits([...fitsImage(16, 2, 2), fitsCard('BSCALE', 'abc')], 8),
      /x: corrupt: its BSCALE is not a number/,
    ],
    ['of five planes', fits(fitsImage(8, 2, 2, 5), 20), /x: an image of 2 x 2 x 5/],
    [
      'without an image',
      fits([fitsCard('SIMPLE', 'T'), fitsCard('BITPIX', 8), fitsCard('NAXIS', 0)], 0),
      /x: a FITS file without an image/,
    ],
    [
      'with a value that float32 cannot hold',
      fits([...fitsImage(16, 1, 2), fitsCard('BSCALE', '1E300'), fitsCard('BZERO', '1E300')], 4),
      /x: float32 cannot hold the value 1e\+300/,
    ],
    [
      'with a compressed image',
      read('packed.fits'),
      /x: its image is tile-compressed; unpack it with funpack/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(decodeImage(bytes, 'x')).rejects.toThrow(message);
  });
});
