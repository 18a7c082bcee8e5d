// What other rooms import from this folder.
export { type ExportedModel, type ExportOptions, examineFiles, exportModel } from './exportModel.ts';
export { type ExportedPrograms, exportPrograms } from './exportPrograms.ts';
