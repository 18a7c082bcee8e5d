// `emerging-flows/data`: datasets by name or path, downloaded and prepared, image files, and images in memory.

export type { Admit, DecodedImage, RawDataset, RawImage, RawSplit } from '../data/contract/index.ts';
export type { DatasetIdentity, SplitIdentity } from '../data/identity.ts';
export { type PrepareDatasetOptions, type PreparedDataset, prepareDataset } from '../data/prepareDataset.ts';
export { datasets, openDataset } from '../data/registry.ts';
export {
  type DatasetDownload,
  type DownloadDatasetOptions,
  downloadDataset,
} from '../data/sets/download.ts';
export { readImageFiles } from '../data/sources/imageFiles.ts';
export * from './shared/data.ts';
