// Down-sampled ImageNet at 32 x 32 and 64 x 64, in each form in which it is published.
import { basename } from 'node:path';
import { UserError } from '../../errors.ts';
import type { NamedDataset } from '../dataset.ts';
import type { RawDataset, RawSplit } from '../rawImages.ts';
import { findParts, openParts, type Part } from '../sources/partFiles.ts';
import { dataFolders, missingData } from './dataFolder.ts';
import { descriptions } from './descriptions.ts';

/** ImageNet at 32 x 32, as the paper has it. */
export const imagenet32 = imagenet(32);
/** ImageNet at 64 x 64, as the paper has it. */
export const imagenet64 = imagenet(64);

/** Its gigabytes are prepared once and then read by position: there is no `open`. */
function imagenet(side: 32 | 64): NamedDataset {
  return {
    ...descriptions[`imagenet${side}`],
    locate: async () => (await findImagenet(side))[0]!.path,
    openRaw: async () => rawImagenet(side, await findImagenet(side)),
  };
}

/** The files of one size, at least one: those whose names say no other. */
async function findImagenet(side: 32 | 64): Promise<Part[]> {
  const name = `imagenet${side}`;
  const other = side === 32 ? /64/ : /32/;
  for (const folder of dataFolders()) {
    // Beside other sets only what says its size; in a folder of its own whatever is there.
    const own = await findParts(`${folder}/${name}`);
    const beside = (await findParts(folder)).filter(({ path }) => {
      const file = basename(path);
      return file.includes(`${side}x${side}`) || file.toLowerCase().startsWith(name);
    });
    const parts = own.filter(({ path }) => !other.test(basename(path).replace(/\d+-of-\d+/, '')));
    for (const found of [parts, beside]) {
      if (found.length > 0) {
        return found;
      }
    }
  }
  throw missingData(
    {
      name,
      candidates: [`train_${side}x${side}.tar and valid_${side}x${side}.tar`],
      from: 'https://image-net.org/download-images',
      toPrepare: true,
    },
    dataFolders(),
  );
}

/** The publisher's validation images are those that results are reported on. */
async function rawImagenet(side: 32 | 64, parts: readonly Part[]): Promise<RawDataset> {
  const train = await openParts(parts.filter(({ split }) => split === 'train'));
  const test = await openParts(parts.filter(({ split }) => split === 'validation'));
  if (train === undefined || test === undefined) {
    throw new UserError(
      'invalid-data',
      `${parts[0]!.path}: there is no file with the ${train ? `validation images (valid_${side}x${side}.tar)` : `training images (train_${side}x${side}.tar)`} beside it`,
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
                `${raw.name}: ${image.height}x${image.width}, in a set of ${side}x${side}`,
              );
            }
            return image;
          },
        };
      }
    },
  };
}
