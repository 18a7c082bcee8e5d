// Changes of images that make them odd, each plain to see.
import sharp, { type Sharp } from 'sharp';
import type { ImageShape } from '../../src/core/numeric/arrays.ts';
import { RandomStream } from '../../src/core/numeric/random.ts';

/** A change of an image, 8 bits per value. */
type Change = (
  image: Uint8Array,
  shape: ImageShape,
  random: RandomStream,
) => Uint8Array | Promise<Uint8Array>;

/** The changes by name. */
export const changes: Readonly<Record<string, Change>> = {
  blurred: (image, shape) => throughSharp(image, shape, (picture) => picture.blur(1)),
  noisy: (image, _, random) =>
    Uint8Array.from(image, (value) => Math.max(0, Math.min(255, Math.round(value + 10 * random.normal())))),
  JPEG: async (image, shape) => {
    const bytes = await raw(image, shape).jpeg({ quality: 50 }).toBuffer();
    return readPixels(sharp(bytes), shape);
  },
  inverted: (image) => image.map((value) => 255 - value),
  'half the contrast': (image) => image.map((value) => Math.round(64 + value / 2)),
};

/** All images of a change, in order; the randomness of an image depends on the seed and its place. */
export async function changed(
  images: Uint8Array,
  shape: ImageShape,
  name: string,
  seed: number,
): Promise<Uint8Array> {
  const size = shape[0] * shape[1] * shape[2];
  const result = new Uint8Array(images.length);
  for (let index = 0; index * size < images.length; index++) {
    const random = new RandomStream(seed, name, index);
    const image = images.slice(index * size, (index + 1) * size);
    result.set(await changes[name]!(image, shape, random), index * size);
  }
  return result;
}

function raw(image: Uint8Array, [height, width, channels]: ImageShape): Sharp {
  return sharp(image, { raw: { width, height, channels: channels as 1 | 3 } });
}

async function throughSharp(
  image: Uint8Array,
  shape: ImageShape,
  change: (picture: Sharp) => Sharp,
): Promise<Uint8Array> {
  return readPixels(change(raw(image, shape)), shape);
}

async function readPixels(picture: Sharp, [, , channels]: ImageShape): Promise<Uint8Array> {
  const space = channels === 1 ? 'b-w' : 'srgb';
  return new Uint8Array(await picture.toColourspace(space).raw().toBuffer());
}
