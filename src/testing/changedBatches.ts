// Changes what training loads, as bad images or faulty memory would.
import { vi } from 'vitest';
import type { Batch } from '../model/likelihood/likelihood.ts';
import { BatchLoader } from '../training/step/batchLoader.ts';

/** Until mocks are restored, changes each batch after it is loaded; steps count from 1. */
export function changeBatches(change: (batch: Batch, step: number, loader: BatchLoader) => void): void {
  const { at: originalAt } = BatchLoader.prototype;
  vi.spyOn(BatchLoader.prototype, 'at').mockImplementation(function (this: BatchLoader, index) {
    const batch = originalAt.call(this, index);
    change(batch, index + 1, this);
    return batch;
  });
}
