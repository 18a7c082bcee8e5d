// Images given by path: image files, and folders of them.
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { type ImageShape, requireArgument } from '../../core/numeric/index.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { Budget, isVisible, maxFileBytes, OverBudget, requireSize } from '../contract/reading.ts';
import { inMemory } from '../files/fileStore.ts';
import { isFolder, realPath, requireExists, withFile } from '../files/files.ts';
import { filesBelow } from '../files/folders.ts';
import { followsLinksOut, ownLinks } from '../formats/archives.ts';
import { decodeImage, imageFormats, imagesAmong, otherImageName } from '../formats/imageDecoding.ts';
import { isStack } from '../formats/npy.ts';
import { batchImages } from './batchFile.ts';
import { type FoundImages, fittedImages, type ImageFileOptions, type NamedImages } from './namedImages.ts';

interface ImageFile {
  readonly path: string;
  /** Whether it was found in a folder rather than given by path. */
  readonly found: boolean;
  /** Why it is not read, if it is not. */
  readonly refusal?: string;
}

const otherFormat = `not a ${imageFormats} image; convert it to PNG`;
const linkOut = `a link to a file elsewhere; ${ownLinks}, or pass the file itself`;
const notRegular = 'neither a regular file nor a folder, or a link to a folder; pass the folder itself';

/**
 * Reads the images at `paths`: the given files, and all image files in the given folders and below,
 * sorted by name, as for training. The images of an array of several are called `maps.npy/0`, `maps.npy/1`, …. Files in folders are skipped if they cannot be read, have another
 * image format, are not regular files, or are links to files elsewhere (unless `EMERGING_LINKS` is `follow`). Each real
 * file is read once, and links to folders are not followed.
 *
 * @throws OverBudget if small files decode to far too many pixels
 * @throws UserError if a path does not exist, a given file cannot be read, an image has another size or
 *   colour type than `imageShape`, no image remains, or `most` is not a whole number of 1 or more
 */
export async function readImageFiles(
  paths: readonly string[],
  imageShape: ImageShape,
  options: ImageFileOptions = {},
): Promise<NamedImages> {
  requireArgument(
    Array.isArray(paths) && Array.isArray(imageShape),
    "readImageFiles needs paths and the shape of an image, such as readImageFiles(['photos'], model.imageShape)",
  );
  const { paths: read, ...images } = await fittedImages(
    findImageFiles(paths),
    imageShape,
    options,
    (skipped) => {
      const none = skipped === 0 ? `no ${imageFormats} images found` : 'none of its images can be read';
      return `${paths.join(', ')}: ${none}; pass image files or folders of images`;
    },
  );
  return { names: relativeNames(read), paths: read, ...images };
}

/**
 * Finds image files as `readImageFiles` does, and reads them one by one: they need not fit into memory. `repeated` paths led to a
 * file that another one had led to.
 *
 * @throws UserError if a path does not exist
 */
export function findImageFiles(paths: readonly string[]): FoundImages & { readonly repeated: number } {
  const files = paths.flatMap(findImages);
  const unique = [...new Map(files.map((file) => [realPath(file.path), file])).values()];
  const names = unique.length > 0 ? relativeNames(unique.map(({ path }) => path)) : [];
  const budget = new Budget(paths.join(', '));
  return {
    count: unique.length,
    repeated: files.length - unique.length,
    async *read(skip, { stacks = false } = {}) {
      for (const [index, file] of unique.entries()) {
        for await (const [below, image] of readUnless(file, { budget, skip, stacks })) {
          yield { name: `${names[index]!}${below}`, path: `${file.path}${below}`, image };
        }
      }
    },
  };
}

interface ReadOptions {
  readonly budget: Budget;
  readonly skip: (reason: string, path: string) => void;
  /** Whether an array may contain several images. */
  readonly stacks: boolean;
}

/** An image, and its name below its file's. */
type BelowFile = readonly [below: string, image: DecodedImage];

/**
 * Reads the images in a file, one at a time. If a file in a folder cannot be read, reports why and yields none; an array of
 * which images were read already is not skipped, but an error.
 */
async function* readUnless(
  file: ImageFile,
  { budget, skip, stacks }: ReadOptions,
): AsyncGenerator<BelowFile, void, void> {
  let hasImages = false;
  try {
    const bytes = await readFile(file);
    budget.grow(bytes.length);
    if (!(stacks && (await isStack(bytes, file.path)))) {
      yield ['', await decodeImage(bytes, file.path, { budget })];
      return;
    }
    for await (const image of batchImages(inMemory(bytes, file.path), file.path, '/', budget.pass())) {
      yield [image.name, await image.decode()];
      hasImages = true;
    }
  } catch (error) {
    if (!(file.found && error instanceof UserError) || error instanceof OverBudget || hasImages) {
      throw error;
    }
    skip(error.message, file.path);
  }
}

/** The given file, or the images in the folder and below, without hidden files. */
function findImages(path: string): ImageFile[] {
  requireExists(path);
  if (!isFolder(path)) {
    return [{ path, found: false }];
  }
  const { linksOut, ...below } = filesBelow(path);
  const [files, others] = [below.files, below.others].map((names) => names.filter(isVisible)) as [
    string[],
    string[],
  ];
  const outsideLinks = new Set(followsLinksOut() ? [] : linksOut);
  const images = new Set(imagesAmong(files));
  const imageFiles = files
    .filter((name) => images.has(name) || otherImageName.test(name))
    .map((name) => ({
      path: join(path, name),
      found: true,
      ...(otherImageName.test(name) && { refusal: otherFormat }),
      ...(outsideLinks.has(name) && { refusal: linkOut }),
    }));
  const refused = others.map((name) => ({ path: join(path, name), found: true, refusal: notRegular }));
  return [...imageFiles, ...refused];
}

async function readFile({ path, refusal }: ImageFile): Promise<Uint8Array> {
  if (refusal !== undefined) {
    throw new UserError('invalid-data', `${path}: ${refusal}`);
  }
  return withFile(path, (file) => {
    requireSize(file.size, maxFileBytes, path);
    return file.read(0, file.size);
  });
}

/** The paths relative to the innermost common folder. */
function relativeNames(paths: readonly string[]): string[] {
  const folders = [...new Set(paths.map((path) => dirname(resolve(path))))].map((folder) =>
    folder.split(sep),
  );
  const shared = folders.reduce((common, folder) => {
    const end = common.findIndex((part, index) => part !== folder[index]);
    return end < 0 ? common : common.slice(0, end);
  });
  const root = shared.join(sep) || sep;
  return paths.map((path) => relative(root, resolve(path)).replaceAll(sep, '/'));
}
