// `emerging-flows/data` in a page or its worker: images from files, folders, archives, URLs and memory.

export {
  exactImages,
  type GivenFile,
  type GivenFiles,
  type GivenFolder,
  listFiles,
  type OpenedImages,
  openImages,
  readImageFiles,
} from '../data/openImages.web.ts';
export * from './shared/data.ts';
