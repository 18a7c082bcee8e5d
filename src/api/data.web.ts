// `emerging-flows/data` in a page or its worker: images from files, folders, archives, URLs and memory.

export { exactImages } from '../data/exactImages.web.ts';
export type { GivenFile } from '../data/formats/blobStore.web.ts';
export type { ImageSource, OpenedImages, OpenImagesOptions } from '../data/imageSource.web.ts';
export { openImages } from '../data/openImages.web.ts';
export { readImageFiles } from '../data/readImageFiles.web.ts';
export type { ExactImage, ExactImages } from '../data/sources/exactImages.web.ts';
export { filesOf, type GivenFiles, type GivenFolder } from '../data/sources/givenFiles.web.ts';
export * from './shared/data.ts';
