// `emerging-flows/data` in a page or its worker: images from files, folders, archives, URLs and memory.

export type { GivenFile } from '../data/formats/blobStore.web.ts';
export { exactImages, openImages, readImageFiles } from '../data/openImages.web.ts';
export {
  type ExactImage,
  type ExactImages,
  type GivenFiles,
  type GivenFolder,
  type ImageSource,
  listFiles,
  type OpenedImages,
  type OpenImagesOptions,
} from '../data/sources/givenFiles.web.ts';
export * from './shared/data.ts';
