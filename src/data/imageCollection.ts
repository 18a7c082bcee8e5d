// Any folder, zip or tar archive of PNG, JPEG or WebP images, its parts by folders named train, validation and test.
import { UserError } from '../errors.ts';
import type { PathFormat } from './dataset.ts';
import { decodeImage, imageName } from './imageDecoding.ts';
import { loadImages } from './loadImages.ts';
import type { DecodedImage, RawDataset, RawSplit } from './rawImages.ts';
import { divide, type Split } from './splitOfName.ts';
import { type FileStore, openStore, storeKind } from './storedFiles.ts';

/** A folder or an archive with images in it, at any depth; other files are left alone. */
export const imageCollection: PathFormat = {
  expects:
    'a folder, .zip, .tar or .tar.gz with PNG, JPEG or WebP images (in folders train and test, or not)',

  async recognises(path) {
    const kind = await storeKind(path);
    return kind !== undefined && (await (await openStore(path)).names()).some((name) => imageName.test(name));
  },

  async open(path) {
    return loadImages(await openImageCollection(path), path);
  },

  openRaw: openImageCollection,
};

async function openImageCollection(path: string): Promise<RawDataset> {
  const store = await openStore(path);
  const names = (await store.names()).filter((name) => imageName.test(name));
  const splits = divide(names);
  if (typeof splits === 'string') {
    throw new UserError(`${path}: ${splits}`);
  }
  const part = (wanted: Split): RawSplit => {
    const chosen = new Set(names.filter((_, index) => splits[index] === wanted));
    return { ...imagesOf(store, (name) => chosen.has(name)), count: chosen.size };
  };
  return {
    train: part('train'),
    ...(splits.includes('validation') && { validation: part('validation') }),
    test: part('test'),
  };
}

/** The images among the files of a folder or archive; `then` is done to each after it is decoded. */
export function imagesOf(
  store: FileStore,
  wanted: (name: string) => boolean,
  then: (image: DecodedImage, source: string) => DecodedImage = (image) => image,
): RawSplit {
  return {
    count: null,
    async *images() {
      for await (const { name, source, read } of store.files(
        (name) => imageName.test(name) && wanted(name),
      )) {
        yield { name, decode: async () => then(await decodeImage(await read(), source), source) };
      }
    },
  };
}
