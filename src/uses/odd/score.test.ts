// Which score is chosen, and what is refused before any image is measured.
import { afterAll, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { type ImageSet, imagesInMemory } from '../../data/contract/dataset.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { measureReference } from './reference.ts';
import { score } from './score.ts';

const imageShape: ImageShape = [8, 8, 1];
const model = new FlowModel(randomModel(imageShape, { mixing: '1x1' }), { threads: 1 });
afterAll(() => model.release());
const images = (count: number, seed: number): ImageSet =>
  imagesInMemory(tinyImages(count, 8, seed), imageShape);

it.each([
  ['best-class', 'the score best-class needs a model with classes'],
  ['label', 'the score label needs a model with classes'],
])('%s is refused before an image is read', async (name, message) => {
  const unread: ImageSet = {
    count: 4,
    imageShape,
    kind: 'uint8',
    read() {
      throw new Error('an image is read');
    },
  };
  await expect(score(model, unread, { reference: unread, score: name })).rejects.toThrow(message);
});

it('refuses statistics measured with another model', async () => {
  await using other = new FlowModel(randomModel(imageShape, { mixing: '1x1' }, 0.2), { threads: 1 });
  const reference = await measureReference(other, images(10, 2), 'others');
  await expect(score(model, images(3, 1), { reference })).rejects.toMatchObject({ code: 'mismatch' });
});

it('is bits by default with fewer than ten reference images', async () => {
  expect((await score(model, images(3, 1), { reference: images(9, 2) })).score).toBe('bits');
  expect((await score(model, images(3, 1), { reference: images(10, 2) })).score).toBe('typicality');
});
