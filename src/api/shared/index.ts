// What `emerging-flows` exports in Node and in pages.

export { UserError, type UserErrorCode } from '../../core/errors.ts';
export type { ImageShape } from '../../core/numeric/imageShape.ts';
export type { NdArray } from '../../core/numeric/ndarray.ts';
export { RandomStream } from '../../core/numeric/random.ts';
export type { FetchOptions } from '../../core/platform/transfer.ts';
export {
  type ActivationOptions,
  type DrawnActivations,
  drawActivations,
} from '../../data/pictures/activations.ts';
export { type ContactSheetOptions, contactSheet } from '../../data/pictures/contactSheet.ts';
export { type HeatRange, heatMap, heatRange } from '../../data/pictures/heatMap.ts';
export { type MapPictureOptions, mapPicture, type PlaceFrame } from '../../data/pictures/mapPicture.ts';
export type { ClassChoice, ClassName } from '../../model/classes.ts';
export type { Classification, ClassLikelihoods } from '../../model/classLikelihoods.ts';
export type { ConditionChoice } from '../../model/conditions.ts';
export type { Correction, Corrections, Verification } from '../../model/corrections.ts';
export type { LevelDensities } from '../../model/densities.ts';
export { FlowModel } from '../../model/flowModel.ts';
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
} from '../../model/flowModelOptions.ts';
export type { ImageGradient } from '../../model/gradient.ts';
export { interpolateLatents, meanLatents, moveLatents } from '../../model/latentArithmetic.ts';
export { type Draw, drawLatents, type Latents } from '../../model/latents.ts';
export type { LoadModelOptions, ModelFiles } from '../../model/loading/modelFiles.ts';
export type { ModelChoice } from '../../model/loading/readRun.ts';
export type { Accuracy, ClassEvaluation, ClassResult } from '../../model/measure/classEvaluation.ts';
export { type Comparison, compareModels } from '../../model/measure/compareRuns.ts';
export type { ImportanceBound } from '../../model/measure/evaluate.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasuredImage,
} from '../../model/measure/evaluate.ts';
export {
  type ImageScore,
  type ImageStatistics,
  type ReferencePlaces,
  type ReferenceScores,
  readReference,
} from '../../model/referenceScores.ts';
export type { StageDescription, StageImages } from '../../model/stageImages.ts';
export { type TrainedModel, trainedModel } from '../../model/trainedModel.ts';
export type { StepChoice } from '../../runs/contents/chosenCheckpoint.ts';
export {
  effectiveSampleSize,
  type MetropolisChain,
  metropolisChain,
  type WeighOptions,
  type WeightedSamples,
  weighSamples,
} from '../../training/action/weightedSamples.ts';
export {
  type CompressedSize,
  type CompressOptions,
  compress,
  compressParts,
} from '../../uses/codec/compress.ts';
export { type Decompressed, type DecompressOptions, decompress } from '../../uses/codec/decompress.ts';
export { isCompressed } from '../../uses/codec/file/header.ts';
export { requireCodable } from '../../uses/codec/model/modelCoder.ts';
export type { NamedImage } from '../../uses/codec/namedImage.ts';
export { PngEstimate } from '../../uses/codec/pngEstimate.ts';
export type { CheckName, Measurement } from '../../uses/doctor/checks.ts';
export {
  type BitsPerDimSpread,
  type Diagnosis,
  type DoctorOptions,
  diagnose,
} from '../../uses/doctor/doctor.ts';
export type {
  HardImages,
  HardImagesExamination,
  HardKind,
} from '../../uses/doctor/examineHardImages.ts';
export type { LayerExamination, NonFiniteWeights } from '../../uses/doctor/examineLayer.ts';
export type {
  LatentMoments,
  LatentStatistics,
  Reconstruction,
  SampleStatistics,
} from '../../uses/doctor/examineModel.ts';
export type { NoiseStatistics } from '../../uses/doctor/examineNoise.ts';
export type { Finding, Verdict } from '../../uses/doctor/judge.ts';
export { type ComponentPosterior, probabilityBelow, quantile } from '../../uses/infer/gridPosterior.ts';
export { type InferOptions, inferConditions } from '../../uses/infer/inferConditions.ts';
export type { OddScore, ScoreNeed } from '../../uses/odd/oddScores.ts';
export { defaultScore, type OddScoreName, oddScores } from '../../uses/odd/oddScores.ts';
export { type OddPlace, type OddPlaces, oddPlaces } from '../../uses/odd/places.ts';
export { measureReference } from '../../uses/odd/reference.ts';
export type { SourceComparison, SourceShift } from '../../uses/odd/sameSource.ts';
export {
  type OddOptions,
  type OddReport,
  type OddReports,
  oddReport,
  oddReports,
  type Score,
  type ScoredClasses,
  score,
} from '../../uses/odd/score.ts';
export type { PixelStatisticName } from '../../uses/odd/statistics/pixelStatistics.ts';
