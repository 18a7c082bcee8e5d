// Public to other folders: a model and its calls.

export { type ClassChoice, type ClassName, classNumber } from './classes.ts';
export { type Classification, type ClassLikelihoods, mostProbable, posteriors } from './classLikelihoods.ts';
export {
  type ConditionChoice,
  choiceFrom,
  conditionArrays,
  createConditionRows,
  meanCondition,
  valuesOfConditions,
} from './conditions.ts';
export { type Correction, type Corrections, shortChecksum, type Verification } from './corrections.ts';
export type { LevelDensities } from './densities.ts';
export { FlowModel } from './flowModel.ts';
export {
  type BitsMapOptions,
  type CodingOptions,
  type ConditionOptions,
  type DecodeOptions,
  type EncodeOptions,
  type FlowModelOptions,
  type GradientOptions,
  type LikelihoodOptions,
  type MeasurementOptions,
  partOfWork,
  type SampleOptions,
  type WorkOptions,
} from './flowModelOptions.ts';
export { toImageSet } from './givenImages.ts';
export type { ImageGradient } from './gradient.ts';
export {
  bytesOfRun,
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  imagesPerRun,
  LARGE_BYTES,
} from './imagePrograms.ts';
export {
  interpolateLatents,
  meanLatents,
  measureSeparation,
  moveLatents,
  type Separation,
} from './latentArithmetic.ts';
export {
  compileDecoder,
  type Draw,
  decodeBatch,
  isDouble,
  type Latents,
  largestLatent,
  tooFarOut,
  whyTooFarOut,
} from './latents.ts';
export { pixelsOfImage } from './pixels.ts';
export { inBitsPerDim, likelihoodBytes, meanOverDraws, natsPerUnit } from './scoring.ts';
export {
  areValidExponents,
  encodeWeights,
  roundedModel,
  type WeightExponents,
} from './smallWeights.ts';
export type { StageDescription, StageImages } from './stageImages.ts';
export { modelFingerprint, type TrainedModel, trainedModel } from './trainedModel.ts';
export { exponentsFor, weightSensitivities } from './weightPrecision.ts';
