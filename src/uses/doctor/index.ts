// Public to other folders: checking a model.
export { type CheckName, checkNamed, checks, layerChecks, measureLayers } from './checks.ts';
export { type Diagnosis, DOCTOR_IMAGES, diagnose, examinationBytes } from './doctor.ts';
export type { HardImages } from './examineHardImages.ts';
export { amountText, numberText, valueText } from './judge.ts';
