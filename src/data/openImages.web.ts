// Opens images in a page: given files and folders, archives, prepared files, and images in memory. What reads them is loaded when
// it is needed.
import type { ImageShape } from '../core/numeric/index.ts';
import type { GivenFile } from './formats/blobStore.web.ts';
import {
  type ExactImages,
  type GivenFiles,
  type ImageSource,
  listFiles,
  type OpenedImages,
  type OpenImagesOptions,
} from './sources/givenFiles.web.ts';
import type { ImageFileOptions, NamedImages } from './sources/namedImages.ts';

/**
 * Opens images in a page or its worker: decoded as `openDataset` and `prepareDataset` do on Node, to the same pixels in
 * the same splits. With `size`, they are fitted to a square of that size, and corrupt ones are left out.
 *
 * @throws UserError if the images cannot be fetched or read, are corrupt, have several sizes without `size`, or do not
 * fit into memory
 */
export async function openImages(
  source: ImageSource,
  options: OpenImagesOptions = {},
): Promise<OpenedImages> {
  // The items of a drop are taken before anything is waited for.
  const [images, { openFound }] = await Promise.all([
    isGiven(source) ? listFiles(source) : source,
    import('./openFound.web.ts'),
  ]);
  return openFound(images, options);
}

function isGiven(source: ImageSource): source is GivenFiles {
  const isOther =
    typeof source === 'string' || source instanceof URL || source instanceof Blob || 'imageShape' in source;
  return !isOther;
}

/**
 * Reads the images among the files given to a page, in a model's form, sorted by name. With several files, unreadable
 * images and other image formats are skipped, and files that are not images are ignored.
 *
 * @throws UserError if the only file cannot be read, an image has another size or colour type than `imageShape`, or no
 *   image remains
 */
export async function readImageFiles(
  givenFiles: GivenFiles,
  imageShape: ImageShape,
  options: ImageFileOptions = {},
): Promise<Omit<NamedImages, 'paths'>> {
  const [{ files }, { readGivenImages }] = await Promise.all([
    listFiles(givenFiles),
    import('./sources/givenImages.web.ts'),
  ]);
  return readGivenImages(files, imageShape, options);
}

/**
 * The images among files that a page has been given, in their own sizes and with all their pixels, for `compress`: they are
 * read one by one, and need not fit into memory.
 */
export async function exactImages(files: readonly GivenFile[]): Promise<ExactImages> {
  const { findExactImages } = await import('./sources/givenImages.web.ts');
  return findExactImages(files);
}
