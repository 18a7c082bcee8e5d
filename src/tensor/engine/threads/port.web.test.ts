// A pool of workers of a page, played by objects: each is ended however it fails.
import { afterEach, expect, it, vi } from 'vitest';
import { configureRuntime } from '../runtime.web.ts';
import type { ThreadMessage } from './messages.ts';
import { ThreadPool } from './pool.ts';

vi.mock('./port.node.ts', () => import('./port.web.ts'));

/** What a played worker does with a message: it sends answers, or its script fails. */
type Reaction = readonly unknown[] | 'crash';

/** What is used of a `Worker`: it reacts to one message after the other. */
class PlayedWorker {
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (event: { message: string; preventDefault(): void }) => void;
  terminated = 0;
  readonly received: ThreadMessage[] = [];
  private readonly reactions: readonly Reaction[];

  constructor(reactions: readonly Reaction[]) {
    this.reactions = reactions;
  }

  postMessage(message: ThreadMessage): void {
    const reaction = this.reactions[this.received.push(message) - 1] ?? [];
    queueMicrotask(() => {
      if (reaction === 'crash') {
        this.onerror!({ message: 'it crashed', preventDefault() {} });
      } else {
        for (const data of reaction) {
          this.onmessage!({ data });
        }
      }
    });
  }

  terminate(): void {
    this.terminated++;
  }
}

const result = (value: unknown) => ({ kind: 'result', result: value });
const started: Reaction = [result(undefined)];

/** A pool of one worker that reacts so, once it has started. */
async function played(...reactions: readonly Reaction[]) {
  const worker = new PlayedWorker([started, ...reactions]);
  configureRuntime({ startWorker: () => worker as unknown as Worker });
  return { worker, pool: await ThreadPool.open<string, string, number>('gradients', [], ['data']) };
}

afterEach(() => configureRuntime({}));

it('starts a worker with its first request, and reports progress', async () => {
  const { worker, pool } = await played(
    [{ kind: 'progress', progress: 3 }, { kind: 'progress', progress: 1 }, result('first')],
    [result('second')],
  );
  expect(worker.received).toEqual([]);
  const progress: number[] = [];
  const answers = [pool.ask('a', { onProgress: (more) => progress.push(more) }), pool.ask('b')];
  expect(await Promise.all(answers)).toEqual(['first', 'second']);
  expect(progress).toEqual([3, 1]);
  const start = { task: 'gradients', data: 'data', modules: [], runtime: {} };
  expect(worker.received).toEqual([{ start }, { request: 'a' }, { request: 'b' }]);
  await pool.release();
  expect(worker.terminated).toBe(1);
});

it('reports what a worker reports, with its code, and asks it again', async () => {
  const message = ['no more memory: use ', { option: 'workers', value: 1 }];
  const { worker, pool } = await played(
    [{ kind: 'failure', failure: { code: 'out-of-memory', message } }],
    [{ kind: 'failure', failure: { message: 'a mistake', stack: 'somewhere' } }],
    [result('fine')],
  );
  await expect(pool.ask('a')).rejects.toMatchObject({
    code: 'out-of-memory',
    message: 'no more memory: use workers: 1',
    phrase: message,
  });
  await expect(pool.ask('b')).rejects.toMatchObject({ message: 'a mistake', stack: 'somewhere' });
  expect(await pool.ask('c')).toBe('fine');
  expect(worker.terminated).toBe(0);
});

it.each(['ready', null, 7, {}, { answer: null }])('ends a worker that answers with %j', async (answer) => {
  const { worker, pool } = await played([answer]);
  const refusal = 'a thread for gradients sent an unexpected message';
  await expect(pool.ask('a')).rejects.toThrow(refusal);
  expect(worker.terminated).toBe(1);
  await expect(pool.ask('b')).rejects.toThrow(refusal);
});

it('ends a worker whose script fails, and asks it nothing more', async () => {
  const { worker, pool } = await played('crash');
  await expect(pool.ask('a')).rejects.toThrow('a worker for gradients failed: it crashed');
  expect(worker.terminated).toBe(1);
  await expect(pool.ask('b')).rejects.toThrow('a worker for gradients failed: it crashed');
  expect(worker.received).toHaveLength(2);
});

it('ends a worker once its request is aborted', async () => {
  const { worker, pool } = await played();
  const stop = new AbortController();
  const answer = pool.ask('a', { signal: stop.signal });
  await vi.waitFor(() => expect(worker.received).toHaveLength(2));
  stop.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
  expect(worker.terminated).toBe(1);
  await expect(pool.ask('b')).rejects.toThrow('enough');
});
