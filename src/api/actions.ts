// `emerging-flows/actions`: models of densities e^−S/Z, trained to an action S without data, and exact means from them.

export { trainToAction } from '../training/action/trainToAction.ts';
export { metropolisChain, weighSamples } from '../training/action/weightedSamples.ts';
export type { Action } from '../training/gradients/index.ts';
