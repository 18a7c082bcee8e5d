// The plane's worker after an error.
import { Trainer } from 'emerging-flows/training';
import { expect, it, vi } from 'vitest';
import { planeTasks } from './planeTasks.ts';

it('can be looked at, opened and trained again after training could not be prepared', async () => {
  const points = Float32Array.from({ length: 200 }, (_, index) => Math.sin(index * index));
  const opening = { depth: 2, width: 8, transformer: 'affine', points, seed: 0 } as const;
  const create = vi.spyOn(Trainer, 'create').mockRejectedValueOnce(new Error('out of memory'));
  await planeTasks.open(opening);
  await expect(planeTasks.train({ steps: 1, seed: 0 })).rejects.toThrow('out of memory');
  expect((await planeTasks.look({ place: 0, chosen: undefined })).points).toHaveLength(200);
  await planeTasks.open(opening);
  expect((await planeTasks.train({ steps: 1, seed: 0 })).step).toBe(1);
  create.mockRestore();
});
