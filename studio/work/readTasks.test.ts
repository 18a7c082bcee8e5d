// Reading files for a model, in a worker.
import { expect, it, vi } from 'vitest';
import { readTasks } from './readTasks.ts';

// As in a page.
vi.mock('emerging-flows/data', () => import('../../src/data/openImages.web.ts'));
vi.mock('./models.ts', () => ({ modelAt: async () => ({ imageShape: [28, 28, 1] }) }));

it('names skipped files by their paths in the folder', async () => {
  const files = ['a/1.png', 'a/deep/1.png', '3.png'].map((path) => ({
    path,
    file: new Blob(['no picture']),
  }));
  const call = { signal: new AbortController().signal, report() {} };
  const { refused } = await readTasks.read({ model: { url: '', files: [] }, files, fit: false }, call);
  expect(refused.map(({ name }) => name)).toEqual(['3.png', 'a/1.png', 'a/deep/1.png']);
  for (const { name, reason } of refused) {
    expect(reason).toMatch(new RegExp(`^${name}: not a PNG`));
  }
});
