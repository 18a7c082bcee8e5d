// What `emerging-flows` exports in Node and in pages.

export {
  type CompressedSize,
  type CompressOptions,
  compress,
  compressParts,
} from '../../codec/compress.ts';
export { type Decompressed, type DecompressOptions, decompress } from '../../codec/decompress.ts';
export { isCompressed } from '../../codec/file/header.ts';
export { requireCodable } from '../../codec/model/modelCoder.ts';
export type { NamedImage } from '../../codec/namedImage.ts';
export { PngEstimate } from '../../codec/pngEstimate.ts';
export { UserError, type UserErrorCode } from '../../errors.ts';
export {
  effectiveSampleSize,
  type MetropolisChain,
  metropolisChain,
  type WeighOptions,
  type WeightedSamples,
  weighSamples,
} from '../../evaluation/action/weightedSamples.ts';
export type { CheckName, Measurement } from '../../evaluation/doctor/checks.ts';
export {
  type BitsPerDimSpread,
  type Diagnosis,
  type DoctorOptions,
  diagnose,
} from '../../evaluation/doctor/doctor.ts';
export type {
  HardImages,
  HardImagesExamination,
  HardKind,
} from '../../evaluation/doctor/examineHardImages.ts';
export type { LayerExamination, NonFiniteWeights } from '../../evaluation/doctor/examineLayer.ts';
export type {
  LatentMoments,
  LatentStatistics,
  Reconstruction,
  SampleStatistics,
} from '../../evaluation/doctor/examineModel.ts';
export type { NoiseStatistics } from '../../evaluation/doctor/examineNoise.ts';
export type { Finding, Verdict } from '../../evaluation/doctor/judge.ts';
export { type ComponentPosterior, probabilityBelow, quantile } from '../../evaluation/infer/gridPosterior.ts';
export { type InferOptions, inferConditions } from '../../evaluation/infer/inferConditions.ts';
export type { Accuracy, ClassEvaluation, ClassResult } from '../../evaluation/measure/classEvaluation.ts';
export { type Comparison, compareModels } from '../../evaluation/measure/compareRuns.ts';
export type { ImportanceBound } from '../../evaluation/measure/evaluate.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasuredImage,
} from '../../evaluation/measure/evaluate.ts';
export type { OddScore, ScoreNeed } from '../../evaluation/odd/oddScores.ts';
export { defaultScore, type OddScoreName, oddScores } from '../../evaluation/odd/oddScores.ts';
export { type OddPlace, type OddPlaces, oddPlaces } from '../../evaluation/odd/places.ts';
export { measureReference } from '../../evaluation/odd/reference.ts';
export type { SourceComparison, SourceShift } from '../../evaluation/odd/sameSource.ts';
export {
  type OddOptions,
  type OddReport,
  type OddReports,
  oddReport,
  oddReports,
  type Score,
  type ScoredClasses,
  score,
} from '../../evaluation/odd/score.ts';
export type { PixelStatisticName } from '../../evaluation/odd/statistics/pixelStatistics.ts';
export type { ImageShape } from '../../numeric/imageShape.ts';
export type { NdArray } from '../../numeric/ndarray.ts';
export { RandomStream } from '../../numeric/random.ts';
export {
  type ActivationOptions,
  type DrawnActivations,
  drawActivations,
} from '../../pictures/activations.ts';
export { type ContactSheetOptions, contactSheet } from '../../pictures/contactSheet.ts';
export { type HeatRange, heatMap, heatRange } from '../../pictures/heatMap.ts';
export { type MapPictureOptions, mapPicture, type PlaceFrame } from '../../pictures/mapPicture.ts';
export type { FetchOptions } from '../../platform/transfer.ts';
export type { StepChoice } from '../../runs/contents/chosenCheckpoint.ts';
export type { LoadModelOptions, ModelFiles } from '../../trained/loading/modelFiles.ts';
export type { ModelChoice } from '../../trained/loading/readRun.ts';
export type { ClassChoice, ClassName } from '../../trained/model/classes.ts';
export type { Classification, ClassLikelihoods } from '../../trained/model/classLikelihoods.ts';
export type { ConditionChoice } from '../../trained/model/conditions.ts';
export type { Correction, Corrections, Verification } from '../../trained/model/corrections.ts';
export type { LevelDensities } from '../../trained/model/densities.ts';
export { FlowModel } from '../../trained/model/flowModel.ts';
export type {
  BitsMapOptions,
  CodingOptions,
  ConditionOptions,
  DecodeOptions,
  EncodeOptions,
  FlowModelOptions,
  GradientOptions,
  LikelihoodOptions,
  MeasurementOptions,
  SampleOptions,
  ScoreOptions,
  WorkOptions,
} from '../../trained/model/flowModelOptions.ts';
export type { ImageGradient } from '../../trained/model/gradient.ts';
export { interpolateLatents, meanLatents, moveLatents } from '../../trained/model/latentArithmetic.ts';
export { type Draw, drawLatents, type Latents } from '../../trained/model/latents.ts';
export {
  type ImageScore,
  type ImageStatistics,
  type ReferencePlaces,
  type ReferenceScores,
  readReference,
} from '../../trained/model/referenceScores.ts';
export type { StageDescription, StageImages } from '../../trained/model/stageImages.ts';
export { type TrainedModel, trainedModel } from '../../trained/model/trainedModel.ts';
