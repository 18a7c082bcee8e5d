// Public to other folders: checks of any bijection, stage and base distribution.
export { check } from './check.ts';
export type { BijectionReport } from './checkBijection.ts';
export { LARGEST_DENSE, logDetByDifferences, logDetByDirections, type NumericLogDet } from './jacobian.ts';
export { LayerMap } from './layerMap.ts';
