// The public API: train, load, measure and sample models; build one, compile and run it; bring a bijection of your own.

export type { Dataset, DatasetSource, ImageSet, NamedDataset } from './data/dataset.ts';
export type { DecodedImage, RawDataset, RawImage, RawSplit } from './data/rawImages.ts';
export { datasets, openDataset, openRawDataset } from './data/registry.ts';
export type { Device } from './engine/devices/device.ts';
export { type ExportOnnxOptions, exportOnnx } from './engine/exportOnnx.ts';
export { type InverseMethod, inverseMethods } from './engine/graph/prepare.ts';
export { type Precision, precisions } from './engine/onnx/emitter.ts';
export { type CompileOptions, compile, type NamedArrays, type Program } from './engine/program.ts';
export { UserError } from './errors.ts';
export {
  type BijectionReport,
  type CheckBijectionOptions,
  checkBijection,
} from './evaluation/bijections/checkBijection.ts';
export type { BijectionCheck } from './evaluation/bijections/checkContext.ts';
export {
  type BitsPerDimSpread,
  type Diagnosis,
  type DoctorOptions,
  diagnose,
} from './evaluation/doctor/doctor.ts';
export type { LayerExamination, NonFiniteWeights } from './evaluation/doctor/examineLayer.ts';
export type { LatentStatistics, Reconstruction, SampleStatistics } from './evaluation/doctor/examineModel.ts';
export type { Finding, Measurement, Verdict } from './evaluation/doctor/judge.ts';
export { type Limit, type LimitName, limits } from './evaluation/doctor/limits.ts';
export { type ExportOptions, exportModel } from './evaluation/export/exportModel.ts';
export { type ExportedPrograms, exportPrograms } from './evaluation/export/exportPrograms.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasuredImage,
} from './evaluation/measure/evaluate.ts';
export type { ImportanceBound } from './evaluation/measure/importanceBound.ts';
export {
  type CodingOptions,
  type EncodeOptions,
  FlowModel,
  type FlowModelOptions,
  type LikelihoodOptions,
  type SampleOptions,
} from './evaluation/model/flowModel.ts';
export { interpolateLatents, type Latents, meanLatents, moveLatents } from './evaluation/model/latents.ts';
export { type LoadModelOptions, loadModel } from './evaluation/model/loadModel.ts';
export { type TrainedModel, trainedModel } from './evaluation/model/trainedModel.ts';
export type { Config, ConfigLayer } from './experiments/configSchema.ts';
export type { PaperResult } from './experiments/paper.ts';
export { type Preset, presets } from './experiments/presets.ts';
export { type ConfigSources, resolveConfig } from './experiments/resolve.ts';
export { type Schedule, scheduleOf } from './experiments/schedule.ts';
export { actnorm } from './flows/actnorm.ts';
export type { Bijection, Transformed } from './flows/bijection.ts';
export { chain } from './flows/chain.ts';
export { conv1x1, conv1x1Plu, conv1x1Qr } from './flows/conv1x1.ts';
export { type CouplingKind, type CouplingOptions, coupling } from './flows/coupling.ts';
export { type EmergingOptions, emerging } from './flows/emerging.ts';
export { type MafOptions, maf } from './flows/maf.ts';
export {
  countTrained,
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
  prefixed,
  type StartingParameters,
  startingParameters,
} from './flows/parameters.ts';
export { periodic } from './flows/periodic.ts';
export { reverse, shuffle } from './flows/permutation.ts';
export { squeeze } from './flows/squeeze.ts';
export {
  bitsPerDim,
  countParameters,
  type Encoding,
  Glow,
  type GlowOptions,
  type Likelihood,
} from './models/glow.ts';
export type { Mixing } from './models/mixing.ts';
export type { ImageShape } from './numeric/imageShape.ts';
export type { NdArray } from './numeric/ndarray.ts';
export { RandomStream } from './numeric/random.ts';
export { type ContactSheetOptions, contactSheet } from './pictures/contactSheet.ts';
export { gradients } from './tensor/gradient.ts';
/** What can be computed with symbolic tensors: every operation, differentiable unless it says otherwise. */
export * as operations from './tensor/operations/index.ts';
export type { ProgramDefinition } from './tensor/program.ts';
export { OPEN_BATCH, type Shape } from './tensor/shape.ts';
export {
  apply,
  constant,
  input,
  type Operation,
  ShapeError,
  type ShapeProblem,
  type Tensor,
} from './tensor/tensor.ts';
export type { Groups } from './training/parameterLayout.ts';
export { createRunFolder } from './training/run/newRunFolder.ts';
export { type ResumeOptions, type Run, type RunOptions, resumeRun, startRun } from './training/run/run.ts';
export type { RunPaths } from './training/run/runFolder.ts';
export type { GuardState } from './training/step/guard.ts';
export { type TrainingOptions, type TrainingResult, train } from './training/train.ts';
export type { PreparationPart, TrainingEvents } from './training/trainingEvents.ts';
export type { TrainingState, WeightsKind } from './training/trainingState.ts';
