// Reads single images in a page, for a model.
import type { ImageShape } from '../numeric/imageShape.ts';
import { filesOf, type GivenFiles } from './sources/givenFiles.web.ts';
import type { ImageFileOptions, NamedImages } from './sources/imageFiles.ts';

/**
 * Reads the images among the files given to a page, in a model's form, sorted by name. With several files, unreadable
 * images and other image formats are skipped, and files that are not images are ignored.
 *
 * @throws UserError if the only file cannot be read, an image has another size or colour type than `imageShape`, or no
 *   image remains
 */
export async function readImageFiles(
  given: GivenFiles,
  imageShape: ImageShape,
  options: ImageFileOptions = {},
): Promise<Omit<NamedImages, 'paths'>> {
  // The items of a drop are taken before anything is waited for; the decoders are loaded when needed.
  const [{ files }, { readGivenImages }] = await Promise.all([
    filesOf(given),
    import('./sources/givenImages.web.ts'),
  ]);
  return readGivenImages(files, imageShape, options);
}
