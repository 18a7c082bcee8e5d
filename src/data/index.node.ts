// Public to other folders: opening and preparing datasets, files of points.
export { readPoints } from './pointFiles.ts';
export { type PreparedDataset, prepareDataset } from './prepareDataset.ts';
export {
  datasets,
  openDataset,
  openRawDataset,
  openReference,
  openSplit,
  type SplitOptions,
} from './registry.ts';
