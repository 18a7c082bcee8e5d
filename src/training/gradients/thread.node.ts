// A host thread: started with data, sent one request at a time, ended.
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { option, phrase, UserError, type UserErrorCode } from '../../errors.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { threadBeside } from '../../platform/childScript.node.ts';
import type { Batch } from '../../trained/likelihood/likelihood.ts';
import type { ThreadData } from './gradientThread.ts';

/** A request to a thread: the gradients of some images, or to end. */
export type ThreadRequest = Batch | 'end';

/** What a thread says once it is ready, or why it cannot be. */
export type ThreadStart = 'ready' | { readonly refused: string; readonly code: UserErrorCode };

/** A thread that computes gradients. */
export interface Thread {
  /** Waits until it is ready for requests; fails if it cannot start. */
  ready(): Promise<unknown>;
  /** bits/dim of each image of a batch, once its gradients are computed; fails if the thread does. */
  ask(batch: Batch): Promise<NdArray>;
  /** Lets it end; does nothing if it already has. */
  end(): Promise<void>;
  /** Ends it at once, no matter what it is doing. */
  kill(): Promise<unknown>;
}

/** Whether threads can be started. */
export function canStartThreads(): boolean {
  return true;
}

/** An array that threads share. */
export function sharedArray(elements: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(Float32Array.BYTES_PER_ELEMENT * elements));
}

/**
 * Starts a thread on `threadMain.node.ts`.
 *
 * @throws UserError if the module of the model's mixing is the program itself
 */
export function startThread(data: ThreadData): Thread {
  requireModulesOfTheirOwn(data);
  const worker = threadBeside(import.meta.url, data);
  return {
    async ready() {
      const start = (await answerOf(worker)) as ThreadStart;
      if (start !== 'ready') {
        throw new UserError(start.code, start.refused);
      }
    },
    ask(batch) {
      const answer = answerOf(worker);
      worker.postMessage(batch satisfies ThreadRequest);
      return answer as Promise<NdArray>;
    },
    async end() {
      if (hasEnded(worker)) {
        return;
      }
      const ended = once(worker, 'exit');
      worker.postMessage('end' satisfies ThreadRequest);
      await ended;
    },
    kill: () => worker.terminate(),
  };
}

/** Refuses parts that the program itself registers: every thread would run it from its start. */
function requireModulesOfTheirOwn({ modules }: ThreadData): void {
  const program = process.argv[1];
  for (const module of modules) {
    const path = module.startsWith('file:') && program !== undefined ? fileURLToPath(module) : undefined;
    if (path !== undefined && realpathSync(path) === realpathSync(program!)) {
      throw new UserError(
        'invalid-argument',
        phrase`workers import the modules that register parts of the model, and one is the program itself: register them in a module of their own, or use ${option('workers', 1)}`,
      );
    }
  }
}

/** Whether a thread has ended, for example by failing. */
function hasEnded({ threadId }: Worker): boolean {
  return threadId === -1;
}

/** The next message from a thread; fails if the thread does, or if it ends without one. */
async function answerOf(worker: Worker): Promise<unknown> {
  if (hasEnded(worker)) {
    throw new Error('a gradient thread has ended');
  }
  const listening = new AbortController();
  const ended = once(worker, 'exit', listening).then(([code]) => {
    throw new Error(`a gradient thread exited with code ${code}`);
  });
  try {
    const [answer] = await Promise.race([once(worker, 'message', listening), ended]);
    return answer;
  } finally {
    listening.abort();
  }
}
