// Public to other folders: checks of any bijection, stage and base distribution.
export { type CheckBaseOptions, checkBase } from './checkBase.ts';
export { type BijectionReport, type CheckBijectionOptions, checkBijection } from './checkBijection.ts';
export type { BijectionCheck } from './checkContext.ts';
export { checkStage } from './checkStage.ts';
export { LARGEST_DENSE, logDetByDifferences, logDetByDirections, type NumericLogDet } from './jacobian.ts';
export { LayerMap } from './layerMap.ts';
