// Counts the arrays of data-parallel workers; here the threads run in the test's own thread.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { countElements } from '../../core/numeric/arrays.ts';
import { Glow } from '../../flows/models/glow.ts';
import { type Groups, ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { ThreadPool } from '../../tensor/engine/threads/pool.ts';
import { openGradients } from './gradientThread.ts';
import type { ShareRequest, ThreadData } from './gradientThreads.ts';
import { planGradients } from './planGradients.ts';

/** The memory of every array of weights or gradients that is copied from, copied into or summed. */
const memory = vi.hoisted(() => new Set<ArrayBufferLike>());

vi.mock('./gradientSum.ts', async (original) => {
  const sums = await original<typeof import('./gradientSum.ts')>();
  const noting = (combine: typeof sums.copyInto) => (into: Groups, from: Groups) => {
    for (const { data } of [into, from].flatMap((groups) => Object.values(groups))) {
      memory.add(data.buffer);
    }
    combine(into, from);
  };
  return { ...sums, copyInto: noting(sums.copyInto), addInPlace: noting(sums.addInPlace) };
});

beforeEach(() => {
  vi.spyOn(ThreadPool, 'open').mockImplementation(async (_task, _modules, data) => {
    const handlers = await Promise.all(data.map((each) => openGradients(each as ThreadData)));
    return {
      start: async () => {},
      ask: (request: ShareRequest) => handlers[request.share]!.answer(request, () => {}),
      release: async () => {},
    } as unknown as ThreadPool<unknown, unknown>;
  });
});
afterEach(() => {
  memory.clear();
  vi.restoreAllMocks();
});

test.each([2, 3])('the memory of %d workers equals the size of their arrays', async (workers) => {
  // This mixing has untrained weights, so there are fewer gradients than weights.
  const options = { levels: 2, depth: 1, conditioner: { width: 4 }, mixing: '1x1-plu' } as const;
  const model = new Glow([4, 8, 2], options);
  const layout = new ParameterLayout(model.parameters);
  const [images, activations] = [6, 'keep'] as const;
  const plan = (count: number, imageCount: number) =>
    planGradients({
      model,
      layout,
      images: imageCount,
      batchSize: 6,
      threads: 3,
      workers: count,
      activations,
    });
  const shared = plan(workers, images);

  const program = await shared.compile();
  const [weights, gradients] = [layout.initial(1), layout.zeros()];
  const shape = [images, ...model.imageShape];
  const array = { shape, data: new Float32Array(countElements(shape)) };
  const bitsPerDim = { shape: [images], data: new Float32Array(images) };
  await program.run({ image: array, noise: array }, weights, { bitsPerDim, gradients });
  await program.release();

  // The training's own arrays are counted with the step.
  for (const { data } of [weights, gradients].flatMap((groups) => Object.values(groups))) {
    expect(memory.delete(data.buffer)).toBe(true);
  }
  const copies = [...memory].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  expect(copies).toBeGreaterThan(0);
  // A worker needs as much memory for its share of the images as a single worker with only these images.
  expect(shared.bytes).toBe(workers * plan(1, images / workers).bytes + copies);
});
