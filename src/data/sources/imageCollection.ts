// Folders, zip and tar archives of images, split by folders named train, validation, test.
import type { PathFormat } from '../contract/rawImages.ts';
import { openArchive, storeKind } from '../formats/archives.ts';
import { isImageName } from '../formats/imageDecoding.ts';
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

  open: async (path, storeAt = openArchive, options) => storedImages(await storeAt(path), options),
};
