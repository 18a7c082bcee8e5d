// `emerging-flows/data` in a page or its worker: images from files, folders, archives, URLs and memory.

export { conditioned } from '../data/contract/conditions.ts';
export {
  type Conditions,
  type ConditionValues,
  type Dataset,
  type DatasetSource,
  type HoldOut,
  type HoldOutByName,
  type HoldOutByPosition,
  type ImageSet,
  imagesInMemory,
  type Labels,
  type ValidationShare,
} from '../data/contract/dataset.ts';
export { labelled } from '../data/contract/labels.ts';
export { exactImages } from '../data/exactImages.web.ts';
export type { GivenFile } from '../data/formats/blobStore.web.ts';
export type { ImageSource, OpenedImages, OpenImagesOptions } from '../data/imageSource.web.ts';
export { openImages } from '../data/openImages.web.ts';
export type { Crop } from '../data/pixels/fitPicture.ts';
export { readImageFiles } from '../data/readImageFiles.web.ts';
export type { ExactImage, ExactImages } from '../data/sources/exactImages.web.ts';
export { filesOf, type GivenFiles, type GivenFolder } from '../data/sources/givenFiles.web.ts';
export type { ImageFileOptions, NamedImages } from '../data/sources/imageFiles.ts';
export type { ValueKind, Values } from '../numeric/values.ts';
