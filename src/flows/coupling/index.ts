// Public to other folders: masks, conditioners, transformers.
export { additive } from './additive.ts';
export { type AffineOptions, affine } from './affine.ts';
export { largest } from './choices.ts';
export { type ConditionScale, conditionContext, type ScaledCondition } from './conditionContext.ts';
export type { Conditioner, ConditionerFunction, ConditionerOutput } from './conditioner.ts';
export { type Context, type ContextFor, contextImages, type Grid } from './context.ts';
export { type CouplingParts, coupling } from './coupling.ts';
export {
  type ConditionerDefinition,
  defineConditioner,
  defineMask,
  defineTransformer,
  type MaskDefinition,
  type NetworkSettings,
  type TransformerDefinition,
} from './definitions.ts';
export { type DenseConditionerOptions, denseConditioner } from './denseConditioner.ts';
export { type GatedConditionerOptions, gatedConditioner } from './gatedConditioner.ts';
export { type GlowConditionerOptions, glowConditioner } from './glowConditioner.ts';
export type { Mask, MaskFor } from './mask.ts';
export { type CheckerboardOptions, channelHalves, checkerboard } from './masks.ts';
export { type MixtureOptions, mixture } from './mixture.ts';
export { type SplineOptions, spline } from './spline.ts';
export {
  type ElementwiseDefinition,
  elementwise,
  type TransformedValues,
  type Transformer,
  type TransformerFor,
} from './transformer.ts';
