// What other rooms import from this folder.
export type { Action } from './actionLoss.ts';
export { type ActivationChoice, activationChoices } from './gradientPlan.ts';
export { requireWorkers } from './workers.ts';
