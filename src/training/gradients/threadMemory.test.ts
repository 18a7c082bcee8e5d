// Counts the arrays of data-parallel workers; here the threads run in the test's own thread.
import { afterEach, expect, test, vi } from 'vitest';
import { countElements } from '../../core/numeric/arrays.ts';
import { Glow } from '../../flows/models/glow.ts';
import { type Groups, ParameterLayout } from '../../flows/models/parameterLayout.ts';
import type { ThreadMessage } from '../../tensor/engine/threads/messages.ts';
import { planGradients } from './planGradients.ts';

/** The memory of every array of weights or gradients that is copied from, copied into or summed. */
const { memory, thread } = vi.hoisted(() => ({
  memory: new Set<ArrayBufferLike>(),
  thread: { parentPort: null as unknown, workerData: null as unknown },
}));

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

vi.mock('node:worker_threads', async () => {
  const { EventEmitter } = await import('node:events');
  let starting: Promise<unknown> = Promise.resolve();
  /** One thread at a time loads a fresh copy of its module, with its own data. */
  class ThreadHere extends EventEmitter {
    readonly threadId = 1;
    private readonly port = Object.assign(new EventEmitter({ captureRejections: true }), {
      postMessage: (answer: unknown) => void setImmediate(() => this.emit('message', answer)),
      close: () => void setImmediate(() => this.emit('exit', 0)),
    });

    constructor(_: unknown, { workerData }: { workerData: unknown }) {
      super();
      starting = starting.then(() => {
        Object.assign(thread, { parentPort: this.port, workerData });
        vi.resetModules();
        return import('../../api/threads/workerMain.node.ts');
      });
      // A failure is reported on the worker, as between real threads.
      this.port.on('error', (error) => this.emit('error', error));
      starting.catch((error) => this.emit('error', error));
    }

    postMessage(message: ThreadMessage): void {
      starting.then(() => this.port.emit('message', message));
    }
  }
  return {
    Worker: ThreadHere,
    get parentPort() {
      return thread.parentPort;
    },
    get workerData() {
      return thread.workerData;
    },
  };
});

afterEach(() => memory.clear());

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
