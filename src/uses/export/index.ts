// Public to other folders: writing an export.
export { type ExportedModel, examineFiles, exportModel } from './exportModel.ts';
export { type ExportedPrograms, exportPrograms } from './exportPrograms.ts';
export { type RoundedWeights, roundWeights } from './weightBits.ts';
