// Thumbnails are read after the audit, when images may have changed.
import { expect, it } from 'vitest';
import { UserError } from '../../../core/errors.ts';
import type { RawDataset, RawImage } from '../../../data/contract/rawImages.ts';
import { splitOfImages } from '../../../testing/rawSplits.ts';
import { examineImages } from '../../../uses/odd/audit/examinedImages.ts';
import { createThumbnails } from './thumbnails.ts';

const image = (name: string, isLost: () => boolean): RawImage => ({
  name,
  label: undefined,
  async decode() {
    if (isLost()) {
      throw new UserError('not-found', `${name} does not exist`);
    }
    return { width: 3, height: 2, channels: 1, notes: [], data: new Uint8Array(6).fill(7) };
  },
});

it('leaves out images that cannot be read any more', async () => {
  let isLost = false;
  const rawImages = [image('kept', () => false), image('lost', () => isLost), image('other', () => false)];
  const dataset: RawDataset = {
    train: splitOfImages(rawImages.slice(0, 2)),
    test: splitOfImages(rawImages.slice(2)),
  };
  const { images } = await examineImages(dataset, { most: 10 });
  isLost = true;
  const thumbnails = await createThumbnails(dataset, images, new Set([0, 1, 2]));
  expect([...thumbnails.keys()]).toEqual([0, 2]);
  expect(thumbnails.get(2)).toMatchObject({ width: 3, height: 2 });
});
