// Where the conditions of images are read from: a CSV file, an array, or images beside them.
import { basename, join } from 'node:path';
import { type Phrase, phrase, UserError } from '../../errors.ts';
import { exists, isFolder, requireExists } from '../../storage/files.ts';
import { withoutEndSeparators } from '../../storage/folders.ts';
import type { WantedConditions } from '../contract/conditions.ts';
import { readArrayTable } from './arrayTable.ts';
import { readCsvTable } from './csvTable.ts';
import { readImageTable } from './imageTable.ts';
import type { ConditionTable } from './table.ts';

/** What the array of a source without names is called. */
const DEFAULT_NAME = 'condition';

const ARRAY = /\.np[yz]$/i;

/** The extensions of image files, which the names of their conditions leave out. */
const IMAGE_EXTENSION = /\.(images|gz|zip|tar|tgz|npy|npz|parquet)$/i;

/**
 * Reads the table of the conditions of images.
 *
 * @param images the path of the images
 * @throws UserError (`not-found`) if there is none; (`invalid-data`) if there are several, or it is corrupt
 */
export function readConditionTable(images: string, wanted: WantedConditions): Promise<ConditionTable> {
  const { from, otherwise = ['name a file with data.conditions'] } = wanted;
  return readTableAt(from ?? tableBeside(images, otherwise), wanted);
}

/**
 * Reads the table at a path: a CSV file, an array (.npy, .npz), an image, or a folder or archive of images.
 *
 * @throws UserError (`not-found`) if it doesn't exist; (`invalid-data`) if it is corrupt
 */
export async function readTableAt(
  path: string,
  { names, called = DEFAULT_NAME, areImages }: Omit<WantedConditions, 'from' | 'otherwise'> = {},
): Promise<ConditionTable> {
  requireExists(path);
  if (!isFolder(path) && ARRAY.test(path)) {
    return readArrayTable(path, called, areImages);
  }
  return (await readImageTable(path, called)) ?? readCsvTable(path, names);
}

/** The table that is beside images: `conditions.csv` in a folder, or `maps.conditions.csv` next to it or to `maps.zip`. */
function tableBeside(images: string, otherwise: Phrase): string {
  const stem = withoutExtensions(withoutEndSeparators(images));
  const inFolder = isFolder(images)
    ? ['csv', 'npy', 'npz'].map((type) => join(images, `conditions.${type}`))
    : [];
  const nextTo = ['.csv', '.npy', '.npz', '.zip', ''].map((type) => `${stem}.conditions${type}`);
  const found = [...inFolder, ...nextTo].filter(exists);
  if (found.length > 1) {
    throw new UserError(
      'invalid-data',
      `${images}: it has several files of conditions, ${found.join(' and ')}: keep one, or name one with data.conditions`,
    );
  }
  const [path] = found;
  if (path === undefined) {
    const usual = (inFolder.length > 0 ? inFolder : nextTo).slice(0, 2).map((one) => basename(one));
    throw new UserError(
      'not-found',
      phrase`${images}: the model depends on conditions of the images, but there is no ${usual.join(' or ')} beside them: write one, or ${otherwise}`,
    );
  }
  return path;
}

/** A path without the extensions of image files: `maps` for `maps.tar.gz`. */
function withoutExtensions(path: string): string {
  let stem = path;
  while (IMAGE_EXTENSION.test(stem)) {
    stem = stem.slice(0, stem.lastIndexOf('.'));
  }
  return stem;
}
