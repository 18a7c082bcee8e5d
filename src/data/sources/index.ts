// Public to other folders: images by name, and their splits.

export { findImageFiles, readImageFiles } from './imageFiles.ts';
export type { NamedImages } from './namedImages.ts';
export { splitsOfFolders } from './splitOfName.ts';
