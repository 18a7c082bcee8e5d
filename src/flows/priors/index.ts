// Public to other folders: priors of splits and of the top, and base distributions.
export {
  type BaseDistribution,
  definePrior,
  gaussian,
  hasNormalLatents,
  noiseShape,
  type PriorDefinition,
} from './baseDistribution.ts';
export { gaussianMixture } from './gaussianMixture.ts';
export { type Split, split, type TopPrior, topPrior } from './prior.ts';
export { studentT } from './studentT.ts';
