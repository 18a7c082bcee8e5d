// What `emerging-flows` exports in Node and in pages.

export { UserError, type UserErrorCode } from '../../core/errors.ts';
export { type ImageShape, type NdArray, RandomStream } from '../../core/numeric/index.ts';
export type { FetchOptions } from '../../core/platform/index.ts';
export {
  type ActivationOptions,
  type ContactSheetOptions,
  contactSheet,
  type DrawnActivations,
  drawActivations,
  type HeatRange,
  heatMap,
  heatRange,
  type MapPictureOptions,
  mapPicture,
  type PlaceFrame,
} from '../../data/pictures/index.ts';
export {
  type BitsMapOptions,
  type ClassChoice,
  type Classification,
  type ClassLikelihoods,
  type ClassName,
  type CodingOptions,
  type ConditionChoice,
  type ConditionOptions,
  type Correction,
  type Corrections,
  type DecodeOptions,
  type Draw,
  type EncodeOptions,
  FlowModel,
  type FlowModelOptions,
  type GradientOptions,
  type ImageGradient,
  interpolateLatents,
  type Latents,
  type LevelDensities,
  type LikelihoodOptions,
  type MeasurementOptions,
  meanLatents,
  moveLatents,
  type SampleOptions,
  type ScoreOptions,
  type StageDescription,
  type StageImages,
  type TrainedModel,
  trainedModel,
  type Verification,
  type WorkOptions,
} from '../../model/index.ts';
export type { LoadModelOptions, ModelFiles } from '../../model/loading/modelFiles.ts';
export type { ModelChoice } from '../../model/loading/readRun.ts';
export type { Accuracy, ClassEvaluation, ClassResult } from '../../model/measure/classEvaluation.ts';
export type { Comparison } from '../../model/measure/compareRuns.ts';
export { compareModels } from '../../model/measure/compareRuns.ts';
export type {
  EvaluateOptions,
  Evaluation,
  ImportanceBound,
  MeasuredImage,
} from '../../model/measure/evaluate.ts';
export { evaluate } from '../../model/measure/evaluate.ts';
export {
  type ImageScore,
  type ImageStatistics,
  type ReferencePlaces,
  type ReferenceScores,
  readReference,
} from '../../model/referenceScores.ts';
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
  type CodeLength,
  type CompressedSize,
  type CompressOptions,
  codeLengths,
  compress,
  compressParts,
  type Decompressed,
  type DecompressOptions,
  decompress,
  isCompressed,
  type NamedImage,
  PngEstimate,
  requireCodable,
} from '../../uses/codec/index.ts';
export {
  type BitsPerDimSpread,
  type CheckName,
  type Diagnosis,
  type DoctorOptions,
  diagnose,
  type Finding,
  type HardImages,
  type HardImagesExamination,
  type HardKind,
  type LatentMoments,
  type LatentStatistics,
  type LayerExamination,
  type Measurement,
  type NoiseStatistics,
  type NonFiniteWeights,
  type Reconstruction,
  type SampleStatistics,
  type Verdict,
} from '../../uses/doctor/index.ts';
export {
  type ComponentPosterior,
  type InferOptions,
  inferConditions,
  probabilityBelow,
  quantile,
} from '../../uses/infer/index.ts';
export {
  defaultScore,
  type OddScore,
  type OddScoreName,
  oddScores,
  type ScoreNeed,
} from '../../uses/odd/oddScores.ts';
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
