// `emerging-flows/data`: datasets by name or path, downloaded and prepared, image files, and images in memory.

export { conditioned, type WantedConditions } from '../data/contract/conditions.ts';
export {
  type Conditions,
  type ConditionValues,
  type Dataset,
  type DatasetDescription,
  type DatasetSource,
  type HoldOut,
  type HoldOutByName,
  type HoldOutByPosition,
  type ImageSet,
  imagesInMemory,
  type Labels,
  type NamedDataset,
  type ValidationShare,
} from '../data/contract/dataset.ts';
export { labelled } from '../data/contract/labels.ts';
export type { Admit, DecodedImage, RawDataset, RawImage, RawSplit } from '../data/contract/rawImages.ts';
export type { DatasetIdentity, SplitIdentity } from '../data/identity.ts';
export type { Crop } from '../data/pixels/fitPicture.ts';
export { type PrepareDatasetOptions, type PreparedDataset, prepareDataset } from '../data/prepareDataset.ts';
export { datasets, openDataset } from '../data/registry.ts';
export {
  type DatasetDownload,
  type DownloadDatasetOptions,
  downloadDataset,
} from '../data/sets/downloadDataset.ts';
export { type ImageFileOptions, type NamedImages, readImageFiles } from '../data/sources/imageFiles.ts';
export type { ValueKind, Values } from '../numeric/values.ts';
