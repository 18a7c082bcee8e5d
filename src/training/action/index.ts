// Public to other folders: training to an action, weighted samples.
export { trainToAction } from './trainToAction.ts';
export {
  type MetropolisChain,
  metropolisChain,
  type WeightedSamples,
  weighSamples,
} from './weightedSamples.ts';
