// Counting pictures before a run, in a worker.
import { expect, it, vi } from 'vitest';
import { trainingTasks } from './trainingTasks.ts';

let read = 0;
vi.mock('./pictures.ts', () => ({
  async openPictures(_: unknown, report: (done: number) => void) {
    // As they are decoded.
    for (read = 1; read <= 1000; read++) {
      report(read);
      await undefined;
    }
  },
}));

it('stops reading pictures when other settings are chosen', async () => {
  const controller = new AbortController();
  const report = ({ done }: { done: number }): void => {
    if (done === 3) {
      controller.abort();
    }
  };
  const call = { signal: controller.signal, report };
  const pictures = { kind: 'digits', url: '' } as const;
  await expect(trainingTasks.check({ pictures }, call)).rejects.toMatchObject({ name: 'AbortError' });
  expect(read).toBe(4);
});
