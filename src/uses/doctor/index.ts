// Public to other folders: checking a model.
export {
  type CheckName,
  checkNamed,
  checks,
  layerChecks,
  type Measurement,
  measureLayers,
} from './checks.ts';
export {
  type BitsPerDimSpread,
  type Diagnosis,
  DOCTOR_IMAGES,
  type DoctorOptions,
  diagnose,
  examinationBytes,
} from './doctor.ts';
export type { HardImages, HardImagesExamination, HardKind } from './examineHardImages.ts';
export type { LayerExamination, NonFiniteWeights } from './examineLayer.ts';
export type { LatentMoments, LatentStatistics, Reconstruction, SampleStatistics } from './examineModel.ts';
export type { NoiseStatistics } from './examineNoise.ts';
export { amountText, type Finding, numberText, type Verdict, valueText } from './judge.ts';
