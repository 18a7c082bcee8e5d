// Conditions that are images: one file, or a folder, archive or prepared file of images named like those they belong to.
import { UserError } from '../../errors.ts';
import type { Values } from '../../numeric/values.ts';
import { readWhole } from '../../storage/fileBytes.ts';
import { maxFileBytes } from '../contract/archive.ts';
import { type ImageSet, readOne } from '../contract/dataset.ts';
import { openArchive, storeKind } from '../formats/archives.ts';
import { decodeImage, imageFormats, imageName, imagesAmong } from '../formats/imageDecoding.ts';
import { requireNoLinksOut } from '../formats/linksOut.ts';
import { packedFile } from '../packed/packedFile.ts';
import { countNotFinite, notFinite } from '../pixels/finite.ts';
import { loadImages, loadSplit } from '../sources/loadImages.ts';
import { imagesOf } from '../sources/storedImages.ts';
import type { ConditionTable } from './table.ts';

/**
 * Reads conditions that are images; undefined if the file is none.
 *
 * @param name the name of the condition
 * @throws UserError (`invalid-data`) if images are corrupt, of several sizes, or have values that are NaN or infinite
 */
export async function readImageTable(path: string, name: string): Promise<ConditionTable | undefined> {
  if ((await storeKind(path)) !== undefined) {
    return tableOf(path, name, [await imagesIn(path)]);
  }
  if (await packedFile.recognises(path)) {
    const { train, validation, test } = await loadImages(await packedFile.open(path), path);
    return tableOf(path, name, [train, ...(validation ? [validation] : []), test]);
  }
  return imageName.test(path) ? oneImage(path, name) : undefined;
}

/** All images in a folder or archive. */
async function imagesIn(path: string): Promise<ImageSet> {
  const store = await openArchive(path);
  const names = imagesAmong(await store.names());
  if (names.length === 0) {
    throw new UserError(
      'invalid-data',
      `${path}: it has no images to use as conditions: put ${imageFormats} images into it, named like those they belong to`,
    );
  }
  requireNoLinksOut(path, store.linksOut?.() ?? []);
  const wanted = new Set(names);
  return loadSplit(
    imagesOf(store, (one) => wanted.has(one), { count: names.length }),
    { source: path, name: 'only', adviseToFit: () => ['convert them to one size'] },
  );
}

function tableOf(path: string, name: string, sets: readonly ImageSet[]): ConditionTable {
  const [{ imageShape }] = sets as [ImageSet];
  const places = sets.flatMap((set) => Array.from({ length: set.count }, (_, index) => ({ set, index })));
  const files = places.flatMap(({ set, index }) => set.nameOf?.(index) ?? []);
  const rowAt = (row: number): Values => {
    const { set, index } = places[row]!;
    return readOne(set, index);
  };
  return {
    path,
    rows: places.length,
    ...(files.length === places.length && { files, areImages: true }),
    columns: [{ name, shape: imageShape, open: () => rowAt }],
  };
}

/** The image in a file, for any image. */
async function oneImage(path: string, name: string): Promise<ConditionTable> {
  const { height, width, channels, data } = await decodeImage(await readWhole(path, maxFileBytes), path);
  const count = countNotFinite(data);
  if (count > 0) {
    throw new UserError('invalid-data', notFinite(path, count));
  }
  return { path, rows: 1, columns: [{ name, shape: [height, width, channels], open: () => () => data }] };
}
