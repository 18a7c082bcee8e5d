// The images among the files of a folder or archive, split by folders named train, validation, test.
import { UserError } from '../../core/errors.ts';
import type { Split } from '../contract/dataset.ts';
import type { DecodedImage, RawDataset, RawOptions, RawSplit } from '../contract/rawImages.ts';
import type { Archive } from '../contract/reading.ts';
import {
  decodeImage,
  imageFormats,
  imageName,
  imagesAmong,
  otherImageName,
} from '../formats/imageDecoding.ts';
import {
  type ClassesOfNames,
  classesOfNames,
  divide,
  nobodyDivided,
  splitsOfFolders,
} from './splitOfName.ts';

/**
 * The images among the files of a folder or archive, at any depth; other files are ignored.
 *
 * @throws UserError if there are none, or they cannot be split into images for training and for testing, unless `undivided`
 */
export async function storedImages(store: Archive, { undivided }: RawOptions = {}): Promise<RawDataset> {
  const { path } = store;
  const files = await store.names();
  const names = imagesAmong(files);
  if (names.length === 0) {
    throw new UserError(
      'invalid-data',
      `${path}: no ${imageFormats} images among its files (${files.slice(0, 3).join(', ') || 'none'}${files.length > 3 ? ', …' : ''})`,
    );
  }
  const top = topFolder(store, files);
  const inside = names.map((name) => name.slice(top.length));
  const isPublished = splitsOfFolders(inside).some(Boolean);
  const divided = undivided === 'unless-published' && !isPublished ? nobodyDivided : divide(inside);
  if (typeof divided === 'string' && divided !== nobodyDivided && undivided !== 'if-needed') {
    throw new UserError('invalid-data', `${path}: ${divided}`);
  }
  const splits = typeof divided === 'string' ? names.map(() => 'train' as const) : divided;
  const classNames = classesOfNames(inside);
  const labels = typeof classNames === 'string' ? undefined : classNames;
  const part = (wanted: Split): RawSplit => {
    // Names can occur twice in an archive or among given files; the split depends only on the name.
    const chosen = names.filter((_, index) => splits[index] === wanted);
    const wantedNames = new Set(chosen);
    return readStoredImages(store, (name) => wantedNames.has(name), { count: chosen.length, top, labels });
  };
  return {
    train: part('train'),
    ...(splits.includes('validation') && { validation: part('validation') }),
    test: part('test'),
    ...(labels && { classes: labels.classes }),
    ...(typeof classNames === 'string' && { whyNoLabels: classNames }),
    ...(typeof divided === 'string' && { whyUndivided: divided }),
    warnings: warningsAbout(store, files),
    leftOut: {
      otherFormats: files.filter((name) => otherImageName.test(name)),
      noImages: files.filter((name) => !imageName.test(name) && !otherImageName.test(name)),
    },
  };
}

/**
 * The folder that contains all files of an archive, with `/`, or nothing. Without it the names in an archive of a
 * folder are those in the folder itself, and so are the splits. A folder `train` is a split, not such a folder.
 */
export function topFolder({ isArchive }: Archive, names: readonly string[]): string {
  const top = /^[^/]+\//.exec(names[0] ?? '')?.[0] ?? '';
  const isShared = splitsOfFolders([top])[0] === undefined && names.every((name) => name.startsWith(top));
  return isArchive && isShared ? top : '';
}

/** What is not read, or may not be meant, among the files of a folder or archive. */
function warningsAbout(store: Archive, files: readonly string[]): string[] {
  const { path } = store;
  const [links, irregular] = [store.links?.() ?? [], store.irregular?.() ?? []];
  const seen = new Set<string>();
  const repeated = files.filter((name) => imageName.test(name) && seen.size === seen.add(name).size);
  const others = files.filter((name) => otherImageName.test(name));
  const linked = links.filter((name) => imageName.test(name));
  const extensions = [...new Set(others.map((name) => name.toLowerCase().replace(/^.*\./, '.')))].sort();
  const line = (names: readonly string[], problem: string): string[] =>
    names.length === 0 ? [] : [`${path}: ${problem}: ${names.length}, such as ${names[0]}`];
  return [
    ...line(others, `images left out, of another format (${extensions.join(', ')}; convert them to PNG)`),
    ...line(irregular, 'left out, neither regular files nor folders, or links to folders'),
    ...line(linked, 'links left out, whose images are read once (pack copies to have them twice)'),
    ...line(repeated, 'images read although an earlier one has the same name'),
  ];
}

/**
 * The images in the wanted files of a folder or archive.
 *
 * @param options.count their number, if it is known; the archive is not read past the last of them
 * @param options.top what their names start with that is not part of the images' names
 * @param options.labels the classes of the dataset that they are in, if it has any
 * @param options.convert is applied to each image after decoding
 */
export function readStoredImages(
  store: Archive,
  wanted: (name: string) => boolean,
  {
    count = null,
    top = '',
    labels,
    convert = (image) => image,
  }: {
    count?: number | null;
    top?: string;
    labels?: ClassesOfNames | undefined;
    convert?: (image: DecodedImage, source: string) => DecodedImage;
  } = {},
): RawSplit {
  return {
    count,
    async *images() {
      let remaining = count ?? Infinity;
      for await (const { name, source, budget, read } of store.files(wanted)) {
        const inside = name.slice(top.length);
        yield {
          name: inside,
          label: labels?.labelOf(inside),
          async decode(admit) {
            // A folder's budget grows with every file that is read.
            const bytes = await read(admit);
            budget.spend(1, 'images');
            return convert(await decodeImage(bytes, source, { budget, admit }), source);
          },
        };
        if (--remaining === 0) {
          return;
        }
      }
    },
  };
}
