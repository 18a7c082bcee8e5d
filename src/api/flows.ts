// `emerging-flows/flows`: bijections and their chaining, the multi-scale model, and a checker for bijections.

export {
  type BijectionReport,
  type CheckBijectionOptions,
  checkBijection,
} from '../evaluation/bijections/checkBijection.ts';
export type { BijectionCheck } from '../evaluation/bijections/checkContext.ts';
export { actnorm } from '../flows/actnorm.ts';
export type { Bijection, Transformed } from '../flows/bijection.ts';
export { butterfly } from '../flows/butterfly.ts';
export { chain } from '../flows/chain.ts';
export { type CirculantOptions, circulant } from '../flows/circulant.ts';
export { conv1x1, conv1x1Plu, conv1x1Qr } from '../flows/conv1x1.ts';
export {
  type ConvolutionExponentialOptions,
  convolutionExponential,
} from '../flows/convolutionExponential.ts';
export { type CouplingKind, type CouplingOptions, coupling } from '../flows/coupling.ts';
export type { DequantisationNoise, Dequantiser } from '../flows/dequantiser.ts';
export { type EmergingOptions, emerging } from '../flows/emerging.ts';
export { type FourCornersOptions, fourCorners } from '../flows/fourCorners.ts';
export { type MafOptions, maf } from '../flows/maf.ts';
export {
  type Conditions,
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
} from '../flows/parameters.ts';
export { periodic } from '../flows/periodic.ts';
export { reverse, shuffle } from '../flows/permutation.ts';
export { squeeze } from '../flows/squeeze.ts';
export { type WoodburyOptions, woodbury, woodburyMe } from '../flows/woodbury.ts';
export { bitsPerDim, type Encoding, Glow, type GlowOptions, type Likelihood } from '../models/glow.ts';
export type { Mixing, MixingOptions } from '../models/mixing.ts';
export { type MixingName, type OwnMixing, registerMixing } from '../models/ownMixings.ts';
