// `emerging-flows/flows`: bijections and their chaining, the multi-scale model, and a checker for bijections.

export {
  type BijectionReport,
  type CheckBijectionOptions,
  checkBijection,
} from '../flows/checks/checkBijection.ts';
export type { BijectionCheck } from '../flows/checks/checkContext.ts';
export type { Bijection, BijectionResult } from '../flows/contract/bijection.ts';
export { chain } from '../flows/contract/chain.ts';
export {
  type Condition,
  type ConditionName,
  type ConditionShapes,
  required,
} from '../flows/contract/condition.ts';
export {
  type DequantisationNoise,
  type Dequantiser,
  uniformDequantiser,
} from '../flows/contract/dequantiser.ts';
export type {
  AffineScalarMap,
  CornerMap,
  CouplingMap,
  ElementaryMap,
  MatrixMap,
  OrderMap,
  ScalarForm,
  ScalarTransformer,
  ScaleMap,
  ShiftMap,
} from '../flows/contract/elementaryMaps.ts';
export {
  countTrained,
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
  type StartingParameters,
  startingParameters,
} from '../flows/contract/parameters.ts';
export { additive } from '../flows/coupling/additive.ts';
export { type AffineOptions, affine } from '../flows/coupling/affine.ts';
export { channelHalves } from '../flows/coupling/channelHalves.ts';
export { type CheckerboardOptions, checkerboard } from '../flows/coupling/checkerboard.ts';
export {
  type ConditionParts,
  type ConditionScale,
  conditionContext,
} from '../flows/coupling/conditionContext.ts';
export type { Conditioner, ConditionerFor, ConditionerOutput } from '../flows/coupling/conditioner.ts';
export { type Context, type ContextFor, contextImages, type Grid } from '../flows/coupling/context.ts';
export { type CouplingParts, coupling } from '../flows/coupling/coupling.ts';
export { type GatedConditionerOptions, gatedConditioner } from '../flows/coupling/gatedConditioner.ts';
export { type GlowConditionerOptions, glowConditioner } from '../flows/coupling/glowConditioner.ts';
export type { Mask, MaskedParts, MaskFor } from '../flows/coupling/mask.ts';
export { type MixtureOptions, mixture } from '../flows/coupling/mixture.ts';
export { type SplineOptions, spline } from '../flows/coupling/spline.ts';
export type { TransformedValues, Transformer } from '../flows/coupling/transformer.ts';
export {
  type VariationalOptions,
  variationalDequantiser,
} from '../flows/dequantisers/variationalDequantiser.ts';
export { actnorm } from '../flows/layers/actnorm.ts';
export { butterfly } from '../flows/layers/butterfly.ts';
export { type CirculantOptions, circulant } from '../flows/layers/circulant.ts';
export { conv1x1, conv1x1Plu, conv1x1Qr } from '../flows/layers/conv1x1.ts';
export {
  type ConvolutionExponentialOptions,
  convolutionExponential,
} from '../flows/layers/convolutionExponential.ts';
export { type EmergingOptions, emerging } from '../flows/layers/emerging.ts';
export { type FourCornersOptions, fourCorners } from '../flows/layers/fourCorners.ts';
export { type MafOptions, maf } from '../flows/layers/maf.ts';
export { periodic } from '../flows/layers/periodic.ts';
export { reverse, shuffle } from '../flows/layers/permutation.ts';
export { squeeze } from '../flows/layers/squeeze.ts';
export { type WoodburyOptions, woodbury, woodburyMe } from '../flows/layers/woodbury.ts';
export type { ConditionComponent, ModelCondition } from '../flows/models/condition.ts';
export {
  type ConditionerPart,
  type CouplingChoice,
  type CouplingOptions,
  type MaskPart,
  registerConditioner,
  registerMask,
  registerTransformer,
  type TransformerPart,
} from '../flows/models/couplings.ts';
export { bitsPerDim, type Encoding, type Flow, type Likelihood } from '../flows/models/flow.ts';
export { type FlowPart, flowFor, registerFlow } from '../flows/models/flowRegistry.ts';
export { Glow } from '../flows/models/glow.ts';
export type { ImageValues, Standardisation, ValueOptions } from '../flows/models/imageValues.ts';
export {
  type Mixing,
  type MixingName,
  type MixingOptions,
  type MixingPart,
  registerMixing,
} from '../flows/models/mixing.ts';
export type { ModelOptions } from '../flows/models/options.ts';
export type { NamedPart, Own } from '../flows/models/partRegistry.ts';
export { StagedFlow } from '../flows/models/stagedFlow.ts';
export {
  bijectionStage,
  type Densities,
  type PlacedStage,
  type Stage,
  type StagePlace,
  type StageResult,
  type StageValues,
  splitStage,
  topStage,
} from '../flows/models/stages.ts';
export {
  type Gaussian,
  type NormalNumbers,
  type Split,
  type SplitOptions,
  type SplitResult,
  type Standardised,
  split,
  type TopPrior,
  type TopPriorOptions,
  topPrior,
} from '../flows/priors/prior.ts';
