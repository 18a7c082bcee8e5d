// Public to other folders: one step and its state.
export { type BatchedModel, BatchLoader, type BatchLoaderOptions } from './batchLoader.ts';
export { startFromData } from './startFromData.ts';
export type { BatchGradients } from './stateArrays.ts';
export { type Progress, Trainer, type TrainerOptions } from './trainer.ts';
