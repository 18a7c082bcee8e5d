// The door of this folder for other rooms: priors of splits and of the top, and base distributions.
export { type BaseDistribution, gaussian, hasNormalLatents, noiseShape } from './baseDistribution.ts';
export { type GaussianMixtureOptions, gaussianMixture, MOST_GAUSSIANS } from './gaussianMixture.ts';
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
export { MOST_DEGREES, type StudentTOptions, studentT } from './studentT.ts';
