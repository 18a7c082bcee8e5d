// Public to other folders: conditions of images, by name.

export { conditionsOfFiles, namesInFolders, orPassed } from './conditionsOfFiles.ts';
export { readTableAt } from './conditionTable.ts';
