// Public to other folders: masks, conditioners, transformers.
export { additive } from './additive.ts';
export { affine } from './affine.ts';
export { conditionContext, type ScaledCondition } from './conditionContext.ts';
export { coupling } from './coupling.ts';
export { denseConditioner } from './denseConditioner.ts';
export { gatedConditioner } from './gatedConditioner.ts';
export { glowConditioner } from './glowConditioner.ts';
export { mixture } from './mixture.ts';
export {
  type Conditioner,
  type ConditionerDefinition,
  type ConditionerFunction,
  type ConditionerOutput,
  type Context,
  type ContextFor,
  checkerboard,
  defineConditioner,
  defineMask,
  defineTransformer,
  elementwise,
  type Mask,
  type MaskDefinition,
  type MaskFor,
  type Transformer,
  type TransformerDefinition,
  type TransformerFor,
} from './parts.ts';
export { spline } from './spline.ts';
