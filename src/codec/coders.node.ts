// Coders of blocks in several threads, each with its own copy of the model.
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { modulesOf } from '../models/parts.ts';
import { threadBeside } from '../platform/childScript.node.ts';
import { weightsBytes } from '../trained/loading/weightsBytes.ts';
import type { TrainedModel } from '../trained/model/trainedModel.ts';
import { type BlockCoders, localCoders } from './blocks.ts';
import { type CoderAnswer, type CoderThread, errorIn, pooledCoders } from './coderPool.ts';
import { requireCodable } from './model/modelCoder.ts';

/** What a thread is started with. */
export interface CoderData {
  /** The model, as `weightsBytes` writes it. */
  readonly model: Uint8Array;
  /** The modules that register parts of it, to be imported first. */
  readonly modules: readonly string[];
  /** Not 0 once the work is to end: a busy thread receives no messages, and one that is killed within the runtime crashes. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/**
 * Coders that work on several blocks at a time.
 *
 * @param workers how many; one works in this thread
 * @throws UserError (`unsupported`) if the model can't compress images
 */
export async function startCoders(trained: TrainedModel, workers: number): Promise<BlockCoders> {
  if (workers <= 1) {
    return localCoders(trained);
  }
  requireCodable(trained.model);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const data: CoderData = { model: weightsBytes(trained), modules: modulesOf(trained.model.options), stop };
  return pooledCoders(
    Array.from({ length: workers }, () => coderThread(threadBeside(import.meta.url, data), stop)),
  );
}

/** A thread; an abort lets it end with its current batch. */
function coderThread(thread: Worker, stop: CoderData['stop']): CoderThread {
  let broken: Error | undefined;
  thread.on('error', (error) => {
    broken = error;
  });
  return {
    ask: (request, { signal, onImages }) =>
      new Promise((resolve, reject) => {
        // A thread that has failed doesn't answer any more.
        if (broken) {
          reject(broken);
          return;
        }
        const onAbort = (): void => {
          Atomics.store(stop, 0, 1);
        };
        const onError = (error: Error): void => settle(() => reject(error));
        const onExit = (code: number): void =>
          onError(new Error(`a thread that codes images exited with ${code}`));
        const onMessage = (answer: CoderAnswer): void => {
          if ('images' in answer) {
            onImages?.(answer.images, answer.bits);
          } else if ('failure' in answer) {
            onError(signal?.aborted ? signal.reason : errorIn(answer));
          } else {
            settle(() => resolve(answer.result));
          }
        };
        const settle = (settled: () => void): void => {
          signal?.removeEventListener('abort', onAbort);
          thread.off('error', onError).off('exit', onExit).off('message', onMessage);
          settled();
        };
        signal?.addEventListener('abort', onAbort);
        thread.on('error', onError).on('exit', onExit).on('message', onMessage);
        thread.postMessage(request);
      }),
    async end() {
      const ended = thread.threadId === -1 || once(thread, 'exit');
      thread.postMessage('end');
      await ended;
    },
  };
}
