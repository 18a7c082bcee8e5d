// Which split an image belongs to by its name: the folder that says so, or a hash that stays the same.
import { createHash } from 'node:crypto';

/** The parts that a set of images is divided into. */
export type Split = 'train' | 'validation' | 'test';

/** The share of the images that a set without a test part sets aside for it. */
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

/** The split that the first folder with such a name says: train, training, valid, validation, val, test, testing. */
function splitOfFolder(name: string): Split | undefined {
  const folders = name.toLowerCase().split('/').slice(0, -1);
  return folders.map((folder) => words[folder]).find((split) => split !== undefined);
}

/** Whether an image is set aside to test by its name alone, so that it stays there when others come and go. */
export function isTestByHash(name: string): boolean {
  return hashOf(name) < testShare;
}

/** A number in [0, 1) from the name: the first four bytes of its SHA-256. */
function hashOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
}

/**
 * The split of every image of a set by its name. Where no folder says `test`, a tenth of the training images is set
 * aside by a hash of their names.
 *
 * @returns the splits in the order of the names, or in words why a set cannot be divided so
 */
export function divide(names: readonly string[]): readonly Split[] | string {
  const said = names.map(splitOfFolder);
  const has = (split: Split): boolean => said.includes(split);
  const outside = names[said.indexOf(undefined)];
  if ((has('train') || has('validation') || has('test')) && outside !== undefined) {
    return `${outside} lies in no folder train, validation or test, and others do`;
  }
  const splits = has('test')
    ? said
    : names.map((name, index) =>
        said[index] === 'validation' ? 'validation' : isTestByHash(name) ? 'test' : 'train',
      );
  return splits.includes('train') && splits.includes('test')
    ? (splits as Split[])
    : `its ${names.length} images give none to train on or none to test: put some into folders train and test`;
}
