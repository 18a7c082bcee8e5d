// Public to other folders: models in file stores.
export {
  checksumOfFile,
  type FileChecksum,
  MANIFEST_FILE,
  manifestText,
  problemOfFile,
  readExport,
  requireOwnArrays,
  WEIGHTS_FILE,
  weightsBytes,
} from './exportFiles.ts';
export { createFlowModel, type ModelFiles } from './modelFiles.ts';
