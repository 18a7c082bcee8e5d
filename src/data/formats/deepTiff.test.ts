// 16-bit TIFF files in all their layouts, read to the bit; and kinds of values that are refused.
import { expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { type TiffLayout, tiffFile } from '../../testing/tiffFiles.ts';
import { decodeImage } from './imageDecoding.ts';

const [height, width] = [21, 37];
const createValues = (channels: number): Uint16Array => {
  const random = new RandomStream(channels, 'values');
  return Uint16Array.from({ length: height * width * channels }, () => random.integer(65_536));
};

const layouts: TiffLayout[] = [{}, { rows: 4 }, { tile: 16 }].flatMap((parts) =>
  [false, true].flatMap((isBig) => [false, true].map((isPredicted) => ({ ...parts, isBig, isPredicted }))),
);

it.each(layouts)('%o', async (layout) => {
  // libvips reads no planar tiles.
  for (const isPlanar of layout.tile ? [false] : [false, true]) {
    const colour = createValues(3);
    const file = tiffFile(colour, [height, width, 3], { ...layout, isPlanar });
    expect(await decodeImage(file, 'x')).toMatchObject({ height, width, channels: 3, data: colour });
  }
  const grey = createValues(1);
  const { data, channels } = await decodeImage(tiffFile(grey, [height, width, 1], layout), 'x');
  expect([channels, data]).toEqual([1, grey]);
});

it.each([2, 4])('%i channels are kept, unless the last one is alpha', async (channels) => {
  const values = createValues(channels);
  const photometric = channels === 4 ? 2 : 1;
  const file = tiffFile(values, [height, width, channels], { photometric, extraSample: 0 });
  expect(await decodeImage(file, 'x')).toMatchObject({ channels, data: values, notes: [] });
  const transparent = tiffFile(values, [height, width, channels], { photometric, extraSample: 2 });
  const { data, notes, ...about } = await decodeImage(transparent, 'x');
  expect([about.channels, notes]).toEqual([channels - 1, ['transparency on white']]);
  const alpha = values[channels - 1]!;
  expect(data[0]).toBe(Math.round((alpha * values[0]! + (65_535 - alpha) * 65_535) / 65_535));
});

it('zero may be white', async () => {
  const grey = createValues(1);
  const { data } = await decodeImage(tiffFile(grey, [height, width, 1], { photometric: 0 }), 'x');
  expect(data).toEqual(grey.map((value) => 65_535 - value));
});

it('signed integers are refused, with what to do', async () => {
  const file = tiffFile(createValues(1), [height, width, 1], { sampleFormat: 2 });
  await expect(decodeImage(file, 'x')).rejects.toThrow(
    /^x: its values are of type short, not unsigned integers of 8 or 16 bits: write them to a .npy or FITS file$/,
  );
});
