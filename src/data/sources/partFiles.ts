// Files that contain many images each: their names determine the split, their content the format.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Split } from '../contract/dataset.ts';
import {
  only,
  type PathFormat,
  type RawDataset,
  type RawImage,
  type RawOptions,
  type RawSplit,
  totalCount,
} from '../contract/rawImages.ts';
import { type Archive, Budget } from '../contract/reading.ts';
import { cannotRead, hasCode } from '../files/fileErrors.ts';
import type { RandomAccess } from '../files/fileStore.ts';
import { openFile, withFile } from '../files/files.ts';
import { openArchive, storeKind } from '../formats/archives.ts';
import { latin1Text } from '../formats/bytes.ts';
import { inNumericalOrder } from '../formats/entryNames.ts';
import { imageName, isImageName } from '../formats/imageDecoding.ts';
import { batchImages, countNpy, hasSingleArrays, looksLikeBatch, splitsOfArrays } from './batchFile.ts';
import { isTestByHash, nobodyDivided, splitOfArray } from './splitOfName.ts';
import { readStoredImages } from './storedImages.ts';

/** Arrays and tables of images: one file, or a folder of files whose names start with their split. */
export const partFiles: PathFormat = {
  async recognises(path) {
    return (await storeKind(path)) === 'folder'
      ? (await findParts(path)).some(({ split }) => split === 'train')
      : withFile(path, async (file) => {
          const start = await file.read(0, Math.min(16, file.size));
          return (
            looksLikeParquet(start) || (looksLikeBatch(start) && (await imageStoreAt(path)) === undefined)
          );
        });
  },

  open: (path, _, options) => openPartFiles(path, options),
};

/** A file or folder with images of one split. */
export interface Part {
  readonly split: Split;
  readonly path: string;
}

/**
 * The files in a folder (or its subfolder `data`) whose names start with a split, in the order of their
 * numbers: `train.npy`, `test-00000-of-00002.parquet`, `train_data_batch_1`, `val_data.npz`,
 * `Imagenet32_val_npz.zip`, `train_32x32.tar`, and folders such as `valid_64x64`.
 */
export async function findParts(folder: string): Promise<Part[]> {
  for (const candidate of [folder, join(folder, 'data')]) {
    const names = await readdir(candidate).catch((cause: unknown): string[] => {
      if (hasCode(cause, 'ENOENT', 'ENOTDIR')) {
        return [];
      }
      throw cannotRead(candidate, cause);
    });
    const parts = names.sort(inNumericalOrder).flatMap((name): Part[] => {
      const split = splitOfPart(name);
      return split === undefined ? [] : [{ split, path: join(candidate, name) }];
    });
    if (parts.length > 0) {
      return withoutCopies(parts);
    }
  }
  return [];
}

/** Drops archives whose unpacked content is also there, since every image would appear twice. */
function withoutCopies(parts: readonly Part[]): Part[] {
  const stem = ({ path }: Part): string => path.replace(/\.(npz|zip|tar|tar\.gz|tgz)$/i, '');
  const isBundle = ({ path }: Part): boolean => /[/\\]imagenet\d+_[^/\\]*\.zip$/i.test(path);
  const stems = parts.map(stem);
  return parts.filter(
    (part, index) =>
      stems.indexOf(stem(part)) === index &&
      !(isBundle(part) && parts.some((candidate) => candidate.split === part.split && !isBundle(candidate))),
  );
}

const partName =
  /^(?:imagenet\d+_)?(train|val|test)(?:ing|id|idation)?(?![a-z]).*?(?:\.(?:npy|npz|parquet|zip|tar|tar\.gz|tgz)|_\d+x\d+|_data(?:_batch_\d+)?)$/i;

function splitOfPart(name: string): Split | undefined {
  switch (partName.exec(name)?.[1]?.toLowerCase()) {
    case 'train':
      return 'train';
    case 'val':
      return 'validation';
    case 'test':
      return 'test';
    default:
      return undefined;
  }
}

async function openPartFiles(path: string, { undivided }: RawOptions = {}): Promise<RawDataset> {
  if ((await storeKind(path)) !== 'folder') {
    const rawSplit = await openPart(path, '');
    const published = await withFile(path, (file) => splitsOfArrays(file, path));
    if (published.size > 0) {
      const pickSplit = (wanted: Split): RawSplit =>
        only(rawSplit, (name) => splitOfArray(name.split('/')[0]!) === wanted);
      return divided(pickSplit('train'), {
        validation: published.has('validation') ? pickSplit('validation') : undefined,
        test: published.has('test') ? pickSplit('test') : undefined,
      });
    }
    if (undivided === 'unless-published') {
      return { train: rawSplit, test: only(rawSplit, () => false), whyUndivided: nobodyDivided };
    }
    return divided(rawSplit);
  }
  const parts = await findParts(path);
  const openSplitParts = async (split: Split): Promise<RawSplit | undefined> =>
    openParts(parts.filter((part) => part.split === split));
  const [train, validation, test] = [
    await openSplitParts('train'),
    await openSplitParts('validation'),
    await openSplitParts('test'),
  ];
  if (train === undefined) {
    throw new UserError('invalid-data', `${path}: it contains no file named train…`);
  }
  return divided(train, { validation, test });
}

/** Images in the splits of their files; without test images, a part of the training images becomes that. */
function divided(
  train: RawSplit,
  {
    validation,
    test,
  }: { readonly validation?: RawSplit | undefined; readonly test?: RawSplit | undefined } = {},
): RawDataset {
  return {
    train: test ? train : only(train, (name) => !isTestByHash(name)),
    ...(validation && { validation }),
    test: test ?? only(train, isTestByHash),
  };
}

/** The images of several files, concatenated; undefined for an empty list. */
export async function openParts(parts: readonly Part[]): Promise<RawSplit | undefined> {
  const splits: RawSplit[] = [];
  for (const { path } of parts) {
    splits.push(await openPart(path, parts.length > 1 ? `${basename(path)}/` : ''));
  }
  if (splits.length === 0) {
    return undefined;
  }
  return {
    count: await totalCount(splits),
    async *images() {
      for (const split of splits) {
        yield* split.images();
      }
    },
  };
}

function looksLikeParquet(start: Uint8Array): boolean {
  return latin1Text(start.subarray(0, 4)) === 'PAR1';
}

/** The images of one file or folder of any format; `prefix` is prepended to their names. */
async function openPart(path: string, prefix: string): Promise<RawSplit> {
  const store = await imageStoreAt(path);
  if (store !== undefined) {
    return readStoredImages(store, isImageName);
  }
  const { start, budget } = await withFile(path, async (file) => ({
    start: await file.read(0, Math.min(16, file.size)),
    budget: new Budget(path, file.size),
  }));
  if (looksLikeParquet(start)) {
    // Loaded when needed: its decompressors are WebAssembly, which reserves gigabytes of address space.
    const { countParquet, parquetImages } = await import('./parquetImages.ts');
    const count = await withFile(path, (file) => countParquet(file, path, budget.pass()));
    return {
      count,
      images: () => throughFile(path, budget, (file, pass) => parquetImages(file, path, prefix, pass)),
    };
  }
  if (!looksLikeBatch(start)) {
    const remedy = start[0] === 0x80 ? '; save the array in a pickle with numpy.savez(file, data=array)' : '';
    throw new UserError(
      'invalid-data',
      `${path}: it contains no images: expected an archive of images, .npy, .npz or Parquet${remedy}`,
    );
  }
  const isNpy = start[0] === 0x93;
  const count = isNpy ? await withFile(path, (file) => countNpy(file, path)) : null;
  return {
    count,
    images: () => throughFile(path, budget, (file, pass) => batchImages(file, path, prefix, pass)),
  };
}

/** The folder or archive, if it contains files of one image each. */
async function imageStoreAt(path: string): Promise<Archive | undefined> {
  const kind = await storeKind(path);
  if (kind === undefined) {
    return undefined;
  }
  const store = await openArchive(path);
  // A tar archive would have to be read to its end; it is assumed to contain images.
  const hasImages =
    kind === 'tar' ||
    (await store.names()).some((name) => imageName.test(name)) ||
    (kind === 'zip' && (await withFile(path, (file) => hasSingleArrays(file, path))));
  return hasImages ? store : undefined;
}

async function* throughFile(
  path: string,
  budget: Budget,
  images: (file: RandomAccess, pass: Budget) => AsyncIterable<RawImage>,
): AsyncGenerator<RawImage, void, void> {
  const { file, close } = await openFile(path);
  try {
    yield* images(file, budget.pass());
  } finally {
    await close();
  }
}
