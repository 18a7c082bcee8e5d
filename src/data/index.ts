// Public to other folders: batches, identity, points in memory.
export { BatchStream, batchesInOrder } from './batches.ts';
export { type DatasetIdentity, identifyImages, identityOfDataset, type SplitIdentity } from './identity.ts';
export { pointsDataset } from './points.ts';
