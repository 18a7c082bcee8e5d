// Public to other folders: the loop, its events and its limits.
export { lastStepOfCall } from './milestones.ts';
export { aboutRun, describePlace, type Place } from './recordTraining.ts';
export { budgetInMinutes } from './timeBudget.ts';
export { train } from './train.ts';
export type { ChosenSteps, PreparationPart, TrainingEvents } from './trainingEvents.ts';
export type { TrainingResult } from './trainingOptions.ts';
export { type TrainingSize, trainingSize } from './trainingSize.ts';
