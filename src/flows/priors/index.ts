// Public to other folders: priors of splits and of the top, and base distributions.
export {
  type BaseDistribution,
  definePrior,
  gaussian,
  hasNormalLatents,
  noiseShape,
  type PriorDefinition,
} from './baseDistribution.ts';
export { type GaussianMixtureOptions, gaussianMixture } from './gaussianMixture.ts';
export {
  type Scaling,
  type Split,
  type SplitOptions,
  type SplitResult,
  type Standardised,
  split,
  type TopPrior,
  type TopPriorOptions,
  topPrior,
} from './prior.ts';
export { type StudentTOptions, studentT } from './studentT.ts';
