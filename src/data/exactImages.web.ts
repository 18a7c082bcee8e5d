// Images that a page compresses.
import type { GivenFile } from './formats/blobStore.web.ts';
import type { ExactImages } from './sources/exactImages.web.ts';

/**
 * The images among files that a page has been given, in their own sizes and with all their pixels, for `compress`: they are
 * read one by one, and need not fit into memory.
 */
export async function exactImages(files: readonly GivenFile[]): Promise<ExactImages> {
  // The decoders are loaded when needed.
  const { findExactImages } = await import('./sources/exactImages.web.ts');
  return findExactImages(files);
}
