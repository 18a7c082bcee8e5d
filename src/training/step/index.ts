// Public to other folders: one step and its state.
export { BatchLoader } from './batchLoader.ts';
export { startFromData } from './startFromData.ts';
export { Trainer } from './trainer.ts';
