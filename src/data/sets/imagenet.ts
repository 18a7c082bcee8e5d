// Downsampled ImageNet at 32 x 32 and 64 x 64, in every published format.
import { basename } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { NamedDataset, RawDataset, RawSplit } from '../contract/rawImages.ts';
import { findParts, openParts, type Part } from '../sources/partFiles.ts';
import { dataFolders, missingData } from './dataFolder.ts';
import { datasetRecords } from './records.ts';

type ImagenetRecord = typeof datasetRecords.imagenet32 | typeof datasetRecords.imagenet64;

/** ImageNet at 32 x 32, as used in the paper. */
export const imagenet32 = imagenet(32, datasetRecords.imagenet32);
/** ImageNet at 64 x 64, as used in the paper. */
export const imagenet64 = imagenet(64, datasetRecords.imagenet64);

function imagenet(side: 32 | 64, record: ImagenetRecord): NamedDataset {
  return {
    ...record,
    locate: async () => (await findImagenet(side, record))[0]!.path,
    open: async () => rawImagenet(side, await findImagenet(side, record)),
  };
}

/** The files of one size, at least one. */
async function findImagenet(side: 32 | 64, record: ImagenetRecord): Promise<Part[]> {
  const { name } = record;
  const otherSide = side === 32 ? /64/ : /32/;
  for (const folder of dataFolders()) {
    // Next to other datasets the size must be in the name; in a folder of its own it may be missing.
    const inOwnFolder = await findParts(`${folder}/${name}`);
    const shared = (await findParts(folder)).filter(({ path }) => {
      const file = basename(path);
      return file.includes(`${side}x${side}`) || file.toLowerCase().startsWith(name);
    });
    const parts = inOwnFolder.filter(
      ({ path }) => !otherSide.test(basename(path).replace(/(?<!\d)\d+-of-\d+/, '')),
    );
    for (const candidates of [parts, shared]) {
      if (candidates.length > 0) {
        return candidates;
      }
    }
  }
  throw missingData(record, dataFolders());
}

/** The publisher's validation images are the test images: published results are on these. */
async function rawImagenet(side: 32 | 64, parts: readonly Part[]): Promise<RawDataset> {
  const train = await openParts(parts.filter(({ split }) => split === 'train'));
  const test = await openParts(parts.filter(({ split }) => split === 'validation'));
  if (train === undefined || test === undefined) {
    throw new UserError(
      'invalid-data',
      `${parts[0]!.path}: no file next to it has the ${train ? `validation images (valid_${side}x${side}.tar)` : `training images (train_${side}x${side}.tar)`}`,
    );
  }
  return { train: ofSize(train, side), test: ofSize(test, side) };
}

function ofSize(split: RawSplit, side: number): RawSplit {
  return {
    count: split.count,
    async *images() {
      for await (const raw of split.images()) {
        yield {
          name: raw.name,
          async decode(admit) {
            const image = await raw.decode(admit);
            if (image.width !== side || image.height !== side) {
              throw new UserError(
                'invalid-data',
                `${raw.name}: ${image.height}x${image.width}, but all images should be ${side}x${side}`,
              );
            }
            return image;
          },
        };
      }
    },
  };
}
