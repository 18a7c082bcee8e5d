// Coders of blocks in a page: one, in the thread that asks.
import type { TrainedModel } from '../trained/model/trainedModel.ts';
import { type BlockCoders, localCoders } from './blocks.ts';

/** Coders in this thread: a page that wants more starts more workers. */
export function startCoders(trained: TrainedModel, _workers: number): Promise<BlockCoders> {
  return localCoders(trained);
}
