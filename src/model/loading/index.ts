// Public to other folders: models in file stores.
export { checksumOfFile, type FileChecksum, MANIFEST_FILE, manifestText, problemOfFile } from './manifest.ts';
export { createFlowModel, type LoadModelOptions, type ModelFiles } from './modelFiles.ts';
export { readExport, requireOwnArrays, WEIGHTS_FILE, weightsBytes } from './readExport.ts';
