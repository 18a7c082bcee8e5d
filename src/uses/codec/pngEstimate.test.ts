// Whether a compressed file is smaller than PNG, and from how many images on.
import { expect, it } from 'vitest';
import { PngEstimate } from './pngEstimate.ts';

it.each([
  // Fewer than these would still be larger.
  [1.04, 110],
  [0.052, 6],
  [33.3, 3400],
  [0, 0],
])('pays from this many images: a model of %d times what 100 images save', async (times, images) => {
  const png = new PngEstimate(1);
  const pixels = Uint8Array.from({ length: 64 }, (_, index) => index);
  for await (const _ of png.following([{ name: 'a.png', shape: [8, 8, 1], pixels }])) {
    // The estimate is of all images.
  }
  const saved = png.bytes / 2;
  const modelBytes = times * saved;
  const bytes = png.bytes - saved + modelBytes;
  expect(png.paysFrom({ images: 100, bytes, modelBytes })).toBe(images);
  expect(png.paysFrom({ images: 100, bytes: 2 * png.bytes + modelBytes, modelBytes })).toBe(
    Number.POSITIVE_INFINITY,
  );
});
