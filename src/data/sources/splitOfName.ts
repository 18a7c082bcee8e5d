// Determines the split and the class of an image from its name: by folders, or the split by a stable hash.

import { sha256 } from '../../core/platform/sha256.node.ts';
import { LONGEST_CLASS_NAME, MOST_CLASSES, type Split } from '../contract/dataset.ts';

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

/** The split that a folder is named after; undefined if none. */
type FolderSplits = (folder: string) => Split | undefined;

const plainSplit: FolderSplits = (folder) =>
  Object.hasOwn(words, folder.toLowerCase()) ? words[folder.toLowerCase()] : undefined;

const longSplit: FolderSplits = (folder) => plainSplit(folder.replace(/[-_ ]?(?:set|data|images)$/i, ''));

const foldersIn = (name: string): string[] => name.split('/').slice(0, -1);

/** The split of an image by the first folder in its path that names one. */
const splitInPath = (name: string, folderSplit: FolderSplits): Split | undefined =>
  foldersIn(name).map(folderSplit).find(Boolean);

/**
 * How the folders of these images name splits: train, training, valid, validation, val, test or testing. If none has such a
 * name, `training_set` and `test_set`, `train-images` and `test-images` and the like count too, as long as there are both and
 * they hold all images.
 */
function folderSplitsAmong(names: readonly string[]): FolderSplits {
  const splits = new Set(names.map((name) => splitInPath(name, longSplit)));
  const isPlain = names.some((name) => splitInPath(name, plainSplit));
  const dividesAll = splits.has('train') && splits.has('test') && !splits.has(undefined);
  return !isPlain && dividesAll ? longSplit : plainSplit;
}

/** The split of each image by the first folder in its path that names one; undefined without such a folder. */
export function splitsOfFolders(names: readonly string[]): (Split | undefined)[] {
  const folderSplit = folderSplitsAmong(names);
  return names.map((name) => splitInPath(name, folderSplit));
}

const arrayName = /^(?:x_)?(train|valid|val|test)(?:ing|ation)?(?:_(?:images|data|x))?\.npy$/i;

/** The split of an array in an .npz file, by its name: `train`, `x_train`, `train_images`, and the like. */
export function splitOfArray(file: string): Split | undefined {
  return words[arrayName.exec(file)?.[1]?.toLowerCase() ?? ''];
}

/** Why images are not divided: nobody has put them into folders or files of splits. */
export const nobodyDivided = 'neither folders nor files divide them into train and test';

/** Whether the hash of its name makes an image a test image; independent of the other images. */
export function isTestByHash(name: string): boolean {
  return hashName(name) < testShare;
}

/** A multiple of 2⁻³² in [0, 1) from a name: the first four bytes of its SHA-256. */
export function hashName(name: string): number {
  return Number.parseInt(sha256([name]).slice(0, 8), 16) / 2 ** 32;
}

/**
 * The split of each image, by name. Without a folder `test`, a tenth of the training images become test
 * images, by a hash of their names.
 *
 * @returns the splits in the order of the names, or a message that says why the images cannot be split
 */
export function divide(names: readonly string[]): readonly Split[] | string {
  const byFolder = splitsOfFolders(names);
  const has = (split: Split): boolean => byFolder.includes(split);
  const outside = names.filter((_, index) => byFolder[index] === undefined);
  if (outside.length > 0 && outside.length < names.length) {
    return (
      `${outside.length} of its ${names.length} images are in no folder train, validation or test, such as ` +
      `${outside[0]}, but the others are: move all into such folders, or none`
    );
  }
  const splits = has('test')
    ? byFolder
    : names.map((name, index) =>
        byFolder[index] === 'validation' ? 'validation' : isTestByHash(name) ? 'test' : 'train',
      );
  const missing = (['train', 'test'] as const).filter((split) => !splits.includes(split));
  if (missing.length === 0) {
    return splits as Split[];
  }
  const byFolders = has('train') || has('validation') || has('test');
  const how = byFolders ? 'by their folders' : 'by a hash of their names';
  const toDo = `put images into a folder ${missing.join(' and a folder ')}${byFolders ? '' : ', or add images'}`;
  const none = missing.join(' and none for ');
  return `dividing its images ${how} gives ${describeCounts(splits as Split[])} and none for ${none}: ${toDo}`;
}

function describeCounts(splits: readonly Split[]): string {
  return (['train', 'validation', 'test'] as const)
    .map((split) => [splits.filter((candidate) => candidate === split).length, split] as const)
    .filter(([count]) => count > 0)
    .map(([count, split]) => `${count} for ${split}`)
    .join(', ');
}

/** The classes of images, by their names. */
export interface ClassesOfNames {
  /** The names of the classes, sorted. */
  readonly classes: readonly string[];
  /** The number of the class of an image. */
  labelOf(name: string): number;
}

/**
 * The classes of images by their folders: the level below `train`, `test` or similar, or else the first level with
 * different folders. There are classes if every image is in such a folder and there are at least two.
 *
 * @returns the classes; undefined if there are none; or why folders that look like classes are not, in words
 */
export function classesOfNames(names: readonly string[]): ClassesOfNames | string | undefined {
  const labelFolders = labelFoldersAmong(names);
  const folders = names.map(labelFolders);
  const [firstFolders = []] = folders;
  let shared = 0;
  while (
    firstFolders[shared] !== undefined &&
    folders.every((each) => each[shared] === firstFolders[shared])
  ) {
    shared++;
  }
  const classFolders = folders.map((each) => each[shared]);
  const classes = [...new Set(classFolders.filter((folder) => folder !== undefined))].sort();
  const outside = names.filter((_, index) => classFolders[index] === undefined);
  if (classes.length < 2) {
    return undefined;
  }
  if (outside.length > 0) {
    return `only some of its images are in class folders: ${outside.length} ${outside.length === 1 ? 'is' : 'are'} not, such as ${outside[0]}`;
  }
  if (classes.length > MOST_CLASSES || classes.some((name) => name.length > LONGEST_CLASS_NAME)) {
    return `${classes.length} folders cannot be classes: the limit is ${MOST_CLASSES}, with names of up to ${LONGEST_CLASS_NAME} characters`;
  }
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return { classes, labelOf: (name) => numbers.get(labelFolders(name)[shared]!)! };
}

/**
 * The folders of a name that may name classes: below the first that names a split, or above it. If in every image that folder
 * contains one of the same name, as in `train/train/cats`, classes are below both.
 */
function labelFoldersAmong(names: readonly string[]): (name: string) => string[] {
  const folderSplit = folderSplitsAmong(names);
  const firstSplit = (folders: readonly string[]): number => folders.findIndex(folderSplit);
  const isRepeated = names.every((name) => {
    const folders = foldersIn(name);
    const first = firstSplit(folders);
    return first !== -1 && folders[first + 1]?.toLowerCase() === folders[first]!.toLowerCase();
  });
  return (name) => {
    const folders = foldersIn(name);
    const first = firstSplit(folders);
    const below = folders.slice(first + (isRepeated ? 2 : 1));
    return first === -1 || below.length > 0 ? below : folders.slice(0, first);
  };
}
