// Assigns source images to the splits of a prepared file.
import { sha256 } from '../../platform/sha256.node.ts';
import { only, type RawDataset, type RawSplit } from '../contract/rawImages.ts';
import type { Crop } from '../pixels/fitPicture.ts';
import type { packedSplits } from './packedHeader.ts';

/** A split to write, and its source images. */
export type SplitToPrepare = readonly [name: (typeof packedSplits)[number], pictures: RawSplit];

/**
 * The splits of the source, in the order of writing. If it has no validation images and images are cut into tiles, the share `validation` of its training images is held out, selected by name. Otherwise
 * validation images are held out when the file is opened, as for any dataset.
 */
export async function splitsToPrepare(
  source: RawDataset,
  { crop, validation: share }: { readonly crop: Crop; readonly validation: number },
): Promise<SplitToPrepare[]> {
  const { train, validation, test } = source;
  if (validation) {
    return [
      ['train', train],
      ['validation', validation],
      ['test', test],
    ];
  }
  if (crop !== 'tiles') {
    return [
      ['train', train],
      ['test', test],
    ];
  }
  const held = await heldOutPictures(train, share);
  return [
    ['train', only(train, (name) => !held.has(name))],
    ['validation', only(train, (name) => held.has(name))],
    ['test', test],
  ];
}

/**
 * The names of the images to hold out: those with the smallest hashes, so that they stay mostly the same when
 * a dataset grows; at least one if the share is not 0 and there are two images.
 */
async function heldOutPictures(train: RawSplit, share: number): Promise<ReadonlySet<string>> {
  const names: string[] = [];
  for await (const { name } of train.images()) {
    names.push(name);
  }
  const count = share === 0 ? 0 : Math.max(1, Math.round(share * names.length));
  const ranks = new Map(names.map((name) => [name, sha256([name])]));
  const ordered = names.toSorted((a, b) => (ranks.get(a)! < ranks.get(b)! ? -1 : 1));
  return new Set(ordered.slice(0, Math.min(count, names.length - 1)));
}
