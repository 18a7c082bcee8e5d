// Which pictures of a dataset go into which split of a prepared file.
import { createHash } from 'node:crypto';
import type { Crop } from '../pixels/fitPicture.ts';
import { only, type RawDataset, type RawSplit } from '../rawImages.ts';
import type { packedSplits } from './packedHeader.ts';

/** A split to write, and its pictures. */
export type SplitToPrepare = readonly [name: (typeof packedSplits)[number], pictures: RawSplit];

/**
 * The splits of the source, in the order in which they are written. Where it has no validation images of its own and
 * pictures are cut into tiles, the share `validation` of its training pictures is held out, chosen by their names. Whole
 * images are held out when the file is opened instead, as those of any dataset are.
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
 * The names of the pictures to hold out: the share of them whose names have the smallest checksums, so that a set that
 * grows holds out mostly the same; at least one if the share is not 0 and there are two.
 */
async function heldOutPictures(train: RawSplit, share: number): Promise<ReadonlySet<string>> {
  const names: string[] = [];
  for await (const { name } of train.images()) {
    names.push(name);
  }
  const count = share === 0 ? 0 : Math.max(1, Math.round(share * names.length));
  const ranks = new Map(names.map((name) => [name, createHash('sha256').update(name).digest('hex')]));
  const ordered = names.toSorted((a, b) => (ranks.get(a)! < ranks.get(b)! ? -1 : 1));
  return new Set(ordered.slice(0, Math.min(count, names.length - 1)));
}
