// Opens images in a page: given files and folders, archives, prepared files, and images in memory.
import type { ImageSource, OpenedImages, OpenImagesOptions } from './imageSource.web.ts';
import { filesOf, type GivenFiles } from './sources/givenFiles.web.ts';

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
  // The items of a drop are taken before anything is waited for; the decoders are loaded when needed.
  const [found, { openFound }] = await Promise.all([
    isGiven(source) ? filesOf(source) : source,
    import('./openFound.web.ts'),
  ]);
  return openFound(found, options);
}

function isGiven(source: ImageSource): source is GivenFiles {
  const isOther =
    typeof source === 'string' || source instanceof URL || source instanceof Blob || 'imageShape' in source;
  return !isOther;
}
