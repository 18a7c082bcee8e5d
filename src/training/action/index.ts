// What other rooms import from this folder.
export { type ActionTrainingOptions, trainToAction } from './trainToAction.ts';
export {
  effectiveSampleSize,
  type MetropolisChain,
  metropolisChain,
  type WeighOptions,
  type WeightedSamples,
  weighSamples,
} from './weightedSamples.ts';
