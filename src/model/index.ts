// Public to other folders: a model and its calls.

export { type ClassChoice, classNumber } from './classes.ts';
export { type Classification, type ClassLikelihoods, mostProbable, posteriors } from './classLikelihoods.ts';
export {
  type ConditionChoice,
  choiceFrom,
  conditionArrays,
  createConditionRows,
  meanCondition,
  valuesOfConditions,
} from './conditions.ts';
export { type Corrections, shortChecksum, type Verification } from './corrections.ts';
export { FlowModel } from './flowModel.ts';
export {
  type CodingOptions,
  type ConditionOptions,
  type FlowModelOptions,
  type MeasurementOptions,
  partOfWork,
  type SampleOptions,
  type WorkOptions,
} from './flowModelOptions.ts';
export { toImageSet } from './givenImages.ts';
export {
  bytesOfRun,
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  imagesPerRun,
  LARGE_BYTES,
} from './imagePrograms.ts';
export {
  isDouble,
  Latents,
  measureSeparation,
  type Separation,
} from './latentArithmetic.ts';
export {
  compileDecoder,
  decodeBatch,
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
export type { StageDescription } from './stageImages.ts';
export { DEFAULT_TEMPERATURE } from './temperature.ts';
export { modelFingerprint, type TrainedModel, trainedModel } from './trainedModel.ts';
export { exponentsFor, weightSensitivities } from './weightPrecision.ts';
