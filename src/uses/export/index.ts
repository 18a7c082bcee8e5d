// Public to other folders: writing an export.
export { examineFiles, exportModel } from './exportModel.ts';
export { exportPrograms } from './exportPrograms.ts';
export { type RoundedWeights, roundWeights } from './weightBits.ts';
