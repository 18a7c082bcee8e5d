// A worker of a page, played by an object: it is ended however it fails.
import { afterEach, expect, it } from 'vitest';
import { configureRuntime } from '../../engine/runtime.web.ts';
import type { ThreadData } from './gradientThread.ts';
import { startThread, type WorkerMessage, type WorkerRequest, type WorkerStart } from './thread.web.ts';

const shape = [2];
const data: ThreadData = {
  model: { levels: 1, depth: 1, width: 4, mixing: '1x1' } as ThreadData['model'],
  modules: [],
  imageShape: [2, 2, 1],
  parts: {},
  plan: { images: 1 } as ThreadData['plan'],
  engine: { threads: 1 },
  weights: { all: { shape, data: Float32Array.from([1, 2]) } },
  gradients: { all: { shape, data: new Float32Array(2) } },
};
const array = { shape: [1], data: Float32Array.from([3]) };
const batch = { image: array, noise: array };

/** What is used of a `Worker`: it gives these answers, one to each message. */
class PlayedWorker {
  onmessage?: (event: { data: WorkerMessage }) => void;
  onerror?: (event: { message: string; preventDefault(): void }) => void;
  terminated = 0;
  readonly received: (WorkerStart | WorkerRequest)[] = [];
  private readonly answers: readonly (WorkerMessage | 'crash')[];

  constructor(answers: readonly (WorkerMessage | 'crash')[]) {
    this.answers = answers;
  }

  postMessage(message: WorkerStart | WorkerRequest): void {
    const answer = this.answers[this.received.push(message) - 1];
    queueMicrotask(() => {
      if (answer === 'crash') {
        this.onerror!({ message: 'it crashed', preventDefault() {} });
      } else if (answer !== undefined) {
        this.onmessage!({ data: answer });
      }
    });
  }

  terminate(): void {
    this.terminated++;
  }
}

function played(...answers: readonly (WorkerMessage | 'crash')[]): PlayedWorker {
  const worker = new PlayedWorker(answers);
  configureRuntime({ startWorker: () => worker as unknown as Worker });
  return worker;
}

afterEach(() => configureRuntime({}));

it('gets the gradients with the weights of the moment, and ends the worker once it has released its program', async () => {
  const answer = { bitsPerDim: array, gradients: { all: { shape, data: Float32Array.from([5, 7]) } } };
  const worker = played('ready', { answer }, 'ended');
  const thread = startThread(data);
  await thread.ready();
  expect(await thread.ask(batch)).toBe(array);
  expect(data.gradients.all!.data).toEqual(Float32Array.from([5, 7]));
  await thread.end();
  expect(worker.received.slice(1)).toEqual([{ ...batch, weights: data.weights }, 'end']);
  expect(worker.terminated).toBe(1);
});

it('reports what a worker reports, with its code', async () => {
  played('ready', { failure: 'no more memory', code: 'out-of-memory' }, { failure: 'a mistake' });
  const thread = startThread(data);
  await thread.ready();
  await expect(thread.ask(batch)).rejects.toMatchObject({
    code: 'out-of-memory',
    message: 'a gradient worker failed: no more memory',
  });
  await expect(thread.ask(batch)).rejects.toThrow(/^a gradient worker failed: a mistake$/);
});

it.each([
  'ready',
  null,
  7,
  {},
  { answer: null },
  { answer: { bitsPerDim: array } },
  { answer: { bitsPerDim: array, gradients: { all: { shape, data: new Float32Array(3) } } } },
])('ends a worker that answers with %j', async (answer) => {
  const worker = played('ready', answer as WorkerMessage);
  const thread = startThread(data);
  await thread.ready();
  await expect(thread.ask(batch)).rejects.toThrow(
    'a gradient worker sent an unexpected message: restart the training',
  );
  expect(worker.terminated).toBe(1);
  await expect(thread.ask(batch)).rejects.toThrow('a gradient worker has ended');
});

it('ends a worker whose script fails, and asks it nothing more', async () => {
  const worker = played('ready', 'crash');
  const thread = startThread(data);
  await thread.ready();
  await expect(thread.ask(batch)).rejects.toThrow('a gradient worker failed: it crashed');
  expect(worker.terminated).toBe(1);
  await expect(thread.ask(batch)).rejects.toThrow('a gradient worker has ended');
  await thread.end();
  expect(worker.received).toHaveLength(2);
});

it('ends a worker that cannot release its program', async () => {
  const worker = played('ready', { failure: 'cannot release' });
  const thread = startThread(data);
  await thread.ready();
  await expect(thread.end()).rejects.toThrow('cannot release');
  expect(worker.terminated).toBe(1);
});
