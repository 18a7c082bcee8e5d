// `emerging-flows/actions`: models of densities e^−S/Z, trained to an action S without data, and exact means from them.

export {
  type MetropolisChain,
  metropolisChain,
  trainToAction,
  type WeightedSamples,
  weighSamples,
} from '../training/action/index.ts';
export type { Action } from '../training/gradients/index.ts';
export type { TrainingResult } from '../training/loop/index.ts';
