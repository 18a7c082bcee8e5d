// `emerging-flows/actions`: models of densities e^−S/Z, trained to an action S without data, and exact means from them.

export { trainToAction } from '../training/action/trainToAction.ts';
export {
  type MetropolisChain,
  metropolisChain,
  type WeightedSamples,
  weighSamples,
} from '../training/action/weightedSamples.ts';
export type { Action } from '../training/gradients/index.ts';
export type { TrainingResult } from '../training/loop/train.ts';
