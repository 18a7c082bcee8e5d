// Images for tests of what takes any: lists of them as a split, and a folder of real ones.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { RawImage, RawSplit } from '../data/contract/rawImages.ts';

/** A split of these images. */
export const splitOfImages = (images: readonly RawImage[]): RawSplit => ({
  count: images.length,
  async *images() {
    yield* images;
  },
});

const require = createRequire(import.meta.url);
/** Pictures of 64 x 64 pixels with palettes and transparency; neighbours, such as keycaps, are similar. */
export const emojiFolder = join(
  dirname(require.resolve('emoji-datasource-google/package.json')),
  'img/google/64',
);
