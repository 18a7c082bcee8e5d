// The compression of blocks: against a JPEG library, at the edges, and channel by channel.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { blockCompressed } from './blockCompression.ts';

const differences = (a: Uint8Array, b: ArrayLike<number>): number[] =>
  Array.from(a, (value, index) => Math.abs(value - b[index]!));
const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

describe('a grey image', () => {
  it.each([
    [75, 16, 24],
    [75, 13, 11],
    [30, 16, 8],
  ])(
    'at quality %d with %d rows and %d columns is what a JPEG library returns',
    async (quality, height, width) => {
      const image = tinyImages(1, 24, 3).subarray(0, height * width);
      const expected = await sharp(image, { raw: { width, height, channels: 1 } })
        .jpeg({ quality })
        .toBuffer()
        .then((file) => sharp(file).greyscale().raw().toBuffer());
      const found = blockCompressed(image, [height, width, 1], quality);
      // The library rounds its cosines to integers.
      expect(Math.max(...differences(found, expected))).toBeLessThanOrEqual(2);
      expect(mean(differences(found, expected))).toBeLessThan(0.2);
      expect(mean(differences(found, image))).toBeGreaterThan(1);
    },
  );

  it('loses more at a lower quality', () => {
    const image = tinyImages(1, 16, 3);
    const lost = (quality: number) => mean(differences(blockCompressed(image, [16, 16, 1], quality), image));
    expect(lost(100)).toBeLessThan(0.6);
    expect(lost(75)).toBeGreaterThan(lost(100));
    expect(lost(20)).toBeGreaterThan(lost(75));
  });
});

it('the channels of a colour image are compressed separately', () => {
  const shape: ImageShape = [16, 16, 3];
  const channels = [1, 2, 3].map((seed) => tinyImages(1, 16, seed));
  const colour = Uint8Array.from(
    { length: 16 * 16 * 3 },
    (_, index) => channels[index % 3]![Math.floor(index / 3)]!,
  );
  const found = blockCompressed(colour, shape, 75);
  channels.forEach((channel, which) => {
    const own = found.filter((_, index) => index % 3 === which);
    expect(own).toEqual(blockCompressed(channel, [16, 16, 1], 75));
  });
});
