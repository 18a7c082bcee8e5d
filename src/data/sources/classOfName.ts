// Determines the class of an image from its name: the folder that it is in, as in `train/cat/1.png` or `cat/1.png`.
import { LONGEST_CLASS_NAME, MOST_CLASSES } from '../contract/labels.ts';
import { isSplitFolder } from './splitOfName.ts';

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
  const folders = names.map(foldersOf);
  const [one = []] = folders;
  let shared = 0;
  while (one[shared] !== undefined && folders.every((each) => each[shared] === one[shared])) {
    shared++;
  }
  const found = folders.map((each) => each[shared]);
  const classes = [...new Set(found.filter((folder) => folder !== undefined))].sort();
  const outside = names.filter((_, index) => found[index] === undefined);
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
  return { classes, labelOf: (name) => numbers.get(foldersOf(name)[shared]!)! };
}

/** The folders of a name that may be those of classes: below the first that holds a split, or above it. */
function foldersOf(name: string): string[] {
  const folders = name.split('/').slice(0, -1);
  const split = folders.findIndex(isSplitFolder);
  const below = folders.slice(split + 1);
  return split === -1 || below.length > 0 ? below : folders.slice(0, split);
}
