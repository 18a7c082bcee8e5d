// A set that has a name as a prepared file in a data folder, where its name finds it.
import { call, phrase, UserError } from '../../errors.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import type { DatasetSource, NamedDataset } from '../dataset.ts';
import { packedFile } from '../packed/packedFile.ts';
import { lookInDataFolders } from './dataFolder.ts';

/** The name of the file within a data folder. */
export function preparedName({ name }: NamedDataset): string {
  return `${name}.images`;
}

/** The path of the file that was prepared of a set; undefined where there is none. Reads nothing of it. */
export function findPrepared(named: NamedDataset): Promise<string | undefined> {
  return lookInDataFolders([preparedName(named)]);
}

/**
 * Opens the file that was prepared of a set. Another number of images than its publisher's is a warning.
 *
 * @throws UserError if it is damaged, or its images have another shape than the set's
 */
export async function openPrepared(named: NamedDataset, path: string): Promise<DatasetSource> {
  const { name, imageShape, counts } = named;
  const source = await packedFile.open(path);
  const { train, validation, test } = source;
  const [found, expected] = [train.imageShape, imageShape].map(showImageShape) as [string, string];
  if (found !== expected) {
    throw new UserError(
      'mismatch',
      phrase`${path}: images of ${found}, and ${name} has ${expected}: give the file another name, and run ${call('prepareDataset', name)}`,
    );
  }
  const images = { train: train.count + (validation?.count ?? 0), test: test.count };
  if (counts === undefined || (images.train === counts.train && images.test === counts.test)) {
    return source;
  }
  const warning = `${path}: ${images.train} training and ${images.test} test images, where ${name} has ${counts.train} and ${counts.test}`;
  return { ...source, warnings: [warning] };
}
