// Folders, zip and tar archives of images, split by folders named train, validation, test.

import type { ArchiveOpener } from '../contract/archive.ts';
import type { PathFormat } from '../contract/dataset.ts';
import type { RawDataset, RawOptions } from '../contract/rawImages.ts';
import { openArchive, storeKind } from '../formats/archives.ts';
import { isImageName } from '../formats/imageDecoding.ts';
import { loadImages } from './loadImages.ts';
import { storedImages } from './storedImages.ts';

/** A folder or archive with images at any depth; other files are ignored. */
export const imageCollection: PathFormat = {
  async recognises(path, storeAt = openArchive) {
    if ((await storeKind(path)) === undefined) {
      return false;
    }
    // One is enough: the rest of the archive need not be read.
    for await (const _ of (await storeAt(path)).files((name) => isImageName(name))) {
      return true;
    }
    return false;
  },

  async open(path, storeAt) {
    return loadImages(await openImageCollection(path, storeAt), path);
  },

  openRaw: openImageCollection,
};

async function openImageCollection(
  path: string,
  storeAt: ArchiveOpener = openArchive,
  options?: RawOptions,
): Promise<RawDataset> {
  return storedImages(await storeAt(path), options);
}
