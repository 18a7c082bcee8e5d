// Public to other folders: how gradients are computed.
export type { Action } from './actionLoss.ts';
export { type ActivationChoice, activationChoices } from './gradientPlan.ts';
export { requireWorkers } from './workers.ts';
