// Opens files by one format, as `openDataset` does when it recognises them.
import type { DatasetSource } from '../data/contract/dataset.ts';
import type { PathFormat } from '../data/contract/rawImages.ts';
import { loadImages } from '../data/sources/loadImages.ts';

/** The images of a dataset in this format. */
export async function openedBy(format: PathFormat, path: string): Promise<DatasetSource> {
  return loadImages(await format.open(path), path);
}
