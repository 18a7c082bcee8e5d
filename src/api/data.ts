// `emerging-flows/data`: datasets by name or path, downloaded and prepared, image files, and images in memory.

export { datasets, openDataset, type PreparedDataset, prepareDataset } from '../data/index.node.ts';
export { type DatasetDownload, downloadDataset } from '../data/sets/download.ts';
export { readImageFiles } from '../data/sources/index.ts';
export * from './shared/data.ts';
