// `emerging-flows/data` in a page or its worker: images from files, folders, archives, URLs and memory.

export type { GivenFile } from '../data/formats/blobStore.web.ts';
export { exactImages, openImages, readImageFiles } from '../data/openImages.web.ts';
export {
  type GivenFiles,
  type GivenFolder,
  listFiles,
  type OpenedImages,
} from '../data/sources/givenFiles.web.ts';
export * from './shared/data.ts';
