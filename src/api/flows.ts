// `emerging-flows/flows`: bijections and their chaining, the multi-scale model, parts of one's own, and their checks.

export { option, type PartChoice, type PartDefinition, registerPart } from '../core/parts/index.ts';
export { type BijectionReport, check } from '../flows/checks/index.ts';
export {
  type Bijection,
  type BijectionResult,
  bijection,
  type Condition,
  type ConditionShapes,
  chain,
  type DequantisationNoise,
  type Dequantiser,
  type DequantiserDefinition,
  type ElementaryMap,
  filledParameter,
  type MixingDefinition,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
  parametersFrom,
} from '../flows/contract/index.ts';
export {
  additive,
  affine,
  type Conditioner,
  type ConditionerDefinition,
  type ConditionerFunction,
  type ConditionerOutput,
  type Context,
  type ContextFor,
  checkerboard,
  conditionContext,
  coupling,
  denseConditioner,
  elementwise,
  gatedConditioner,
  glowConditioner,
  type Mask,
  type MaskDefinition,
  type MaskFor,
  mixture,
  type ScaledCondition,
  spline,
  type Transformer,
  type TransformerDefinition,
  type TransformerFor,
} from '../flows/coupling/index.ts';
/** The layers: functions of the image shape, and options, that return bijections. */
export * as layers from '../flows/layers/index.ts';
export {
  type Flow,
  type FlowDefinition,
  flowFor,
  Glow,
  type ModelOptions,
  type PlacedPart,
  type Stage,
  StagedFlow,
  type StageResult,
  type StageValues,
  variationalDequantiser,
} from '../flows/models/index.ts';
export {
  type BaseDistribution,
  gaussianMixture,
  type PriorDefinition,
  type Split,
  split,
  studentT,
  type TopPrior,
  topPrior,
} from '../flows/priors/index.ts';
export type { OptimizerDefinition } from '../tensor/optimizers/index.ts';
/** Definitions of parts that configurations can choose: `define.mixing({ … })`, and so on for each kind. */
export * as define from './shared/define.ts';
/** Limits of the values of options, for `option`. */
export * as limits from './shared/limits.ts';
