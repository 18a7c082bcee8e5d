import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { imagesInMemory, subset } from './contract/dataset.ts';
import { holdOutValidation } from './heldOut.ts';
import { identifyImages } from './identity.ts';

const pixels = Uint8Array.from({ length: 30 * 12 }, (_, index) => (7 * index) % 251);
const images = imagesInMemory(pixels, [2, 2, 3]);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it('is the number of images and the checksum of all pixels, in order', async () => {
  expect(await identifyImages(images)).toEqual({ images: 30, sha256: sha256(pixels) });
  expect(await identifyImages(subset(images, [29, 0]))).toEqual({
    images: 2,
    sha256: sha256(Buffer.concat([pixels.subarray(29 * 12), pixels.subarray(0, 12)])),
  });
  expect((await identifyImages(subset(images, []))).images).toBe(0);
});

it('of training images includes those that were held out', async () => {
  const { train, validation } = holdOutValidation(images, 0.2);
  expect(await identifyImages(train)).toEqual(await identifyImages(images));
  expect((await identifyImages(validation)).images).toBe(6);
});

it('is not computed where the checksum is known', async () => {
  const withChecksum = { ...images, checksum: 'ab', read: () => expect.unreachable() };
  expect(await identifyImages(withChecksum)).toEqual({ images: 30, sha256: 'ab' });
});
