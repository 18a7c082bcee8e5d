// Determines the split of an image from its name: by folder, or by a stable hash.
import { createHash } from 'node:crypto';

/** The splits of a dataset. */
export type Split = 'train' | 'validation' | 'test';

/** The share of test images in a dataset without a test split. */
const testShare = 0.1;

const words: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  valid: 'validation',
  validation: 'validation',
  val: 'validation',
  test: 'test',
  testing: 'test',
};

/** The split named by the first such folder in a path: train, training, valid, validation, val, test, testing. */
export function splitOfFolder(name: string): Split | undefined {
  const folders = name.toLowerCase().split('/').slice(0, -1);
  return folders.map((folder) => words[folder]).find((split) => split !== undefined);
}

/** Whether the hash of its name makes an image a test image; independent of the other images. */
export function isTestByHash(name: string): boolean {
  return hashOf(name) < testShare;
}

/** A number in [0, 1) from the name: the first four bytes of its SHA-256. */
function hashOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
}

/**
 * The split of each image, by name. Without a folder `test`, a tenth of the training images become test
 * images, by a hash of their names.
 *
 * @returns the splits in the order of the names, or a message that says why the images cannot be split
 */
export function divide(names: readonly string[]): readonly Split[] | string {
  const byFolder = names.map(splitOfFolder);
  const has = (split: Split): boolean => byFolder.includes(split);
  const outside = names[byFolder.indexOf(undefined)];
  if ((has('train') || has('validation') || has('test')) && outside !== undefined) {
    return `${outside} is not in a folder train, validation or test, but others are`;
  }
  const splits = has('test')
    ? byFolder
    : names.map((name, index) =>
        byFolder[index] === 'validation' ? 'validation' : isTestByHash(name) ? 'test' : 'train',
      );
  return splits.includes('train') && splits.includes('test')
    ? (splits as Split[])
    : `its ${names.length} images leave none for training or none for testing: put some into folders train and test`;
}
