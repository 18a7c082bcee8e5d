// What other rooms import from this folder.

export { conditionsOfFiles, namesInFolders, orPassed } from './conditionsOfFiles.ts';
export { readTableAt } from './conditionTable.ts';
export { type ConditionTable, componentNamesIn, componentsIn, conditionsByTable, rowsOf } from './table.ts';
