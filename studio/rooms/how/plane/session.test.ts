// The session of a flow in two dimensions, with a worker whose answers the test gives.
import { expect, it } from 'vitest';
import type { takePlane } from '../../../work/connections.ts';
import { PlaneSession } from './session.ts';

/** A worker that answers its calls when it is told to, the earliest first. */
function slowWorker() {
  const waiting: { task: string; resolve(result: unknown): void }[] = [];
  const call = (task: string): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.push({ task, resolve });
    });
  const worker = { call, end: () => {} } as unknown as ReturnType<typeof takePlane>;
  return {
    worker,
    tasks: () => waiting.map(({ task }) => task),
    async answer(task: string, result: unknown = undefined): Promise<void> {
      const next = waiting.shift()!;
      expect(next.task).toBe(task);
      next.resolve(result);
      // What waits for it continues.
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

const options = { depth: 2, width: 8, transformer: 'affine' } as const;
const points = Float32Array.of(0, 0);
const trained = { step: 1, losses: [2], seconds: 1 };

it('shows a new flow even if the one before it was being looked at', async () => {
  const { worker, tasks, answer } = slowWorker();
  const session = new PlaneSession(worker);
  session.open(options, points);
  await answer('open');
  // The look at the first flow waits while a second one is opened, and something else is to be shown.
  session.open({ ...options, depth: 4 }, points);
  session.show(1, undefined);
  await answer('look', 'of the first');
  await answer('open');
  while (tasks().length > 0) {
    await answer('look', 'of the second');
  }
  expect(session.state.value.look).toBe('of the second');
});

it('trains once at a time, however often it is paused', async () => {
  const { worker, tasks, answer } = slowWorker();
  const session = new PlaneSession(worker);
  session.open(options, points);
  await answer('open');
  await answer('look');
  session.play();
  session.pause();
  session.play();
  expect(tasks()).toEqual(['train']);
  await answer('train', trained);
  await answer('look');
  expect(tasks()).toEqual(['train']);
  session.pause();
  await answer('train', trained);
  await answer('look');
  expect(tasks()).toEqual([]);
  expect(session.state.value).toMatchObject({ isTraining: false, step: 1 });
});

it('trains before its first look if it is to train while it starts', async () => {
  const { worker, tasks, answer } = slowWorker();
  const session = new PlaneSession(worker);
  session.open(options, points);
  session.play();
  expect(tasks()).toEqual(['open']);
  await answer('open');
  await answer('train', trained);
  expect(session.state.value).toMatchObject({ isTraining: true, step: 1, look: undefined });
  session.pause();
  await answer('look', 'a look');
  expect(tasks()).toEqual([]);
  expect(session.state.value).toMatchObject({ isTraining: false, look: 'a look' });
});

it('forgets a flow without points, while it trains', async () => {
  const { worker, tasks, answer } = slowWorker();
  const session = new PlaneSession(worker);
  session.open(options, points);
  await answer('open');
  await answer('look', 'a look');
  session.play();
  session.clear();
  await answer('train', trained);
  while (tasks().length > 0) {
    await answer('look', 'a late look');
  }
  expect(session.state.value).toMatchObject({ isTraining: false, step: 0, look: undefined });
  expect(session.state.value.losses.means).toEqual([]);
});
