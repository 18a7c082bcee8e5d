// Calls between a page and its worker, both in this process.
import { expect, it } from 'vitest';
import { type Call, connect, serve } from './calls.ts';

/** A worker that serves these tasks. */
class LocalWorker extends EventTarget {
  static started = 0;
  readonly inside = new EventTarget();
  ended = false;

  constructor(tasks: Parameters<typeof serve>[0]) {
    super();
    LocalWorker.started++;
    serve(tasks, (error) => `${(error as Error).message}.`, {
      postMessage: (data) => this.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) })),
      addEventListener: (type, listener) => this.inside.addEventListener(type, listener as EventListener),
    });
  }

  postMessage(data: unknown): void {
    this.inside.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) }));
  }

  terminate(): void {
    this.ended = true;
  }
}

const seen: string[] = [];
const tasks = {
  async double(value: number, { report }: Call) {
    report({ done: 1, total: 2, doing: 'Doubling' });
    return 2 * value;
  },
  async fail() {
    throw new Error('it does not work');
  },
  async wait(name: string, { signal }: Call) {
    seen.push(`${name} begins`);
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        seen.push(`${name} ends`);
        reject(signal.reason);
      });
    });
  },
};

let worker: LocalWorker;
const compute = connect<typeof tasks>(() => {
  worker = new LocalWorker(tasks);
  return worker as unknown as Worker;
});
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

it('returns progress and a result, or an error sentence', async () => {
  const progress: unknown[] = [];
  const onProgress = (update: unknown) => progress.push(update);
  expect(await Promise.all([compute('double', 3, { onProgress }), compute('double', 4)])).toEqual([6, 8]);
  expect(progress).toEqual([{ done: 1, total: 2, doing: 'Doubling' }]);
  await expect(compute('fail', undefined)).rejects.toThrow('it does not work.');
});

it('ends a cancelled call, immediately in the page and then in the worker', async () => {
  const controller = new AbortController();
  const waiting = compute('wait', 'first', { signal: controller.signal });
  await turn();
  controller.abort();
  await expect(waiting).rejects.toBe(controller.signal.reason);
  expect(seen.splice(0)).toEqual(['first begins', 'first ends']);
});

it('never starts a call that is cancelled immediately', async () => {
  const calls = ['one', 'two', 'three'].map((name) => {
    const controller = new AbortController();
    return { controller, waiting: compute('wait', name, { signal: controller.signal }) };
  });
  for (const { controller, waiting } of calls.slice(0, 2)) {
    controller.abort();
    await expect(waiting).rejects.toBe(controller.signal.reason);
  }
  await turn();
  expect(seen.splice(0)).toEqual(['three begins']);
  const { controller, waiting } = calls[2]!;
  controller.abort();
  await expect(waiting).rejects.toThrow();
  await expect(compute('double', 1, { signal: controller.signal })).rejects.toThrow();
});

it('fails all calls when the worker crashes, and starts another for the next call', async () => {
  await compute('double', 1);
  const [first, before] = [worker, LocalWorker.started];
  const open = [compute('wait', 'a'), compute('wait', 'b')];
  first.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  const sentence = 'The worker crashed (out of memory): try again.';
  await Promise.all(open.map((call) => expect(call).rejects.toThrow(sentence)));
  expect(first.ended).toBe(true);
  expect(await compute('double', 5)).toBe(10);
  expect(LocalWorker.started).toBe(before + 1);
});

it('does not start an unknown task, and reports it to the caller', async () => {
  await compute('double', 1);
  const before = LocalWorker.started;
  const say = (data: unknown) => worker.inside.dispatchEvent(new MessageEvent('message', { data }));
  for (const data of [
    null,
    3,
    'task',
    [],
    {},
    { id: 'x', task: 'wait' },
    { id: 1e300, task: 'wait' },
    { cancel: true },
  ]) {
    say(data);
  }
  seen.splice(0);
  say({ id: 900, task: 7 });
  say({ id: 900, cancel: true });
  await turn();
  expect(seen.splice(0)).toEqual([]);
  for (const task of ['constructor', '__proto__', 'toString', 'nothing']) {
    await expect(compute(task as 'double', 1)).rejects.toThrow(`Unknown task "${task}": reload the page.`);
  }
  expect(await compute('double', 2)).toBe(4);
  expect(LocalWorker.started).toBe(before);
});

it.each([
  null,
  'done',
  {},
  { id: '0', result: 1 },
  { id: Number.NaN, result: 1 },
  { id: 5 },
  { id: 5, failure: { toString: 1 } },
])('tells every caller when its worker sends %j, and starts another', async (data) => {
  const waiting = compute('wait', 'it');
  await turn();
  const answers = worker;
  answers.dispatchEvent(new MessageEvent('message', { data }));
  await expect(waiting).rejects.toThrow('The worker crashed (unexpected message): try again.');
  expect(answers.ended).toBe(true);
  expect(await compute('double', 5)).toBe(10);
  seen.splice(0);
});

it('ignores answers to unknown calls', async () => {
  await compute('double', 1);
  const before = LocalWorker.started;
  for (const data of [
    { id: 2 ** 50, result: 1 },
    { id: -1, failure: 'no' },
    { id: 2 ** 50, progress: 1 },
  ]) {
    worker.dispatchEvent(new MessageEvent('message', { data }));
  }
  expect(await compute('double', 5)).toBe(10);
  expect(LocalWorker.started).toBe(before);
});

it('fails all calls when a message is unreadable, and only the caller of one that can’t be sent', async () => {
  const waiting = compute('wait', 'it');
  await turn();
  await expect(compute('double', (() => 1) as never)).rejects.toThrow(/could not be cloned/);
  worker.dispatchEvent(new MessageEvent('messageerror'));
  await expect(waiting).rejects.toThrow('The worker crashed (unreadable message): try again.');
  seen.splice(0);
});
