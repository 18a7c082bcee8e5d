// Public to other folders: models and latents on disk.
export { readLatents, type StoredLatents, writeLatents } from './latentsFile.ts';
export { loadModel } from './loadModel.ts';
export { isExported, isRun, loadTrained, readManifest } from './loadTrained.ts';
export { storeExportScores, storeRunScores } from './scoresFile.ts';
