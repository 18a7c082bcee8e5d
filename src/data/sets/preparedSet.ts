// Prepared files of named datasets, found by name in a data folder.
import { call, phrase, UserError } from '../../errors.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import type { NamedDataset, RawDataset } from '../contract/rawImages.ts';
import { packedFile } from '../packed/packedFile.ts';
import { lookInDataFolders } from './dataFolder.ts';

/** The name of the file within a data folder. */
export function preparedName({ name }: NamedDataset): string {
  return `${name}.images`;
}

/** The path of a dataset's prepared file; undefined if there is none. Does not read the file. */
export function findPrepared(named: NamedDataset): Promise<string | undefined> {
  return lookInDataFolders([preparedName(named)]);
}

/**
 * Opens a dataset's prepared file.
 *
 * @throws UserError if it is corrupt, or its images don't have the shape of the dataset
 */
export async function openPrepared(named: NamedDataset, path: string): Promise<RawDataset> {
  const { name, imageShape, counts } = named;
  const source = await packedFile.open(path);
  const { imageShape: stored } = await source.train.set!();
  const [found, expected] = [stored, imageShape].map(showImageShape) as [string, string];
  if (found !== expected) {
    throw new UserError(
      'mismatch',
      phrase`${path}: its images are ${found}, but ${name} has ${expected}: rename the file and run ${call('prepareDataset', name)}`,
    );
  }
  return { ...source, ...(counts && { published: { path, name, ...counts } }) };
}
