// Public to other folders: masks, conditioners, transformers.
export { additive } from './additive.ts';
export { affine } from './affine.ts';
export { largest } from './choices.ts';
export { conditionContext, type ScaledCondition } from './conditionContext.ts';
export type { Conditioner, ConditionerFunction, ConditionerOutput } from './conditioner.ts';
export type { Context, ContextFor } from './context.ts';
export { coupling } from './coupling.ts';
export {
  type ConditionerDefinition,
  defineConditioner,
  defineMask,
  defineTransformer,
  type MaskDefinition,
  type TransformerDefinition,
} from './definitions.ts';
export { denseConditioner } from './denseConditioner.ts';
export { gatedConditioner } from './gatedConditioner.ts';
export { glowConditioner } from './glowConditioner.ts';
export type { Mask, MaskFor } from './mask.ts';
export { checkerboard } from './masks.ts';
export { mixture } from './mixture.ts';
export { spline } from './spline.ts';
export { elementwise, type Transformer, type TransformerFor } from './transformer.ts';
