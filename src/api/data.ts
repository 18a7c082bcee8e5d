// `emerging-flows/data`: datasets by name or path, downloaded and prepared, image files, and images in memory.

export { type PreparedDataset, prepareDataset } from '../data/prepareDataset.ts';
export { datasets, openDataset } from '../data/registry.ts';
export { type DatasetDownload, downloadDataset } from '../data/sets/download.ts';
export { readImageFiles } from '../data/sources/imageFiles.ts';
export * from './shared/data.ts';
