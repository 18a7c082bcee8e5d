// Coders of blocks in several threads, each with its own copy of the model.
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { UserError, type UserErrorCode } from '../errors.ts';
import { modulesOf } from '../models/parts.ts';
import { threadBeside } from '../platform/childScript.node.ts';
import { weightsBytes } from '../trained/loading/weightsBytes.ts';
import type { TrainedModel } from '../trained/model/trainedModel.ts';
import { type BlockBytes, type BlockCoders, type BlockWork, localCoders } from './blocks.ts';
import { requireCodable } from './model/modelCoder.ts';

/** What a thread is started with. */
export interface CoderData {
  /** The model, as `weightsBytes` writes it. */
  readonly model: Uint8Array;
  /** The modules that register parts of it, to be imported first. */
  readonly modules: readonly string[];
  /** Not 0 once the work is to end: a busy thread hears no message, and one that is killed within the runtime crashes. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** What a thread is asked to do. */
export type CoderRequest = { readonly encode: Uint8Array } | { readonly decode: BlockBytes } | 'end';

/** What a thread answers: how many more images are done, the result, or why there is none. */
export type CoderAnswer =
  | { readonly images: number }
  | { readonly result: BlockBytes | Uint8Array | undefined }
  | { readonly failure: string; readonly code: UserErrorCode | undefined };

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
  const threads = Array.from({ length: workers }, () => threadBeside(import.meta.url, data));
  const idle = [...threads];
  const waiting: ((thread: Worker) => void)[] = [];
  let broken: Error | undefined;
  for (const thread of threads) {
    thread.on('error', (error) => {
      broken ??= error;
    });
  }
  const ask = async (request: CoderRequest, work: BlockWork) => {
    const thread = idle.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
    try {
      // A thread that has failed doesn't answer any more.
      if (broken) {
        throw broken;
      }
      return await answerOf(thread, request, work, stop);
    } finally {
      const next = waiting.shift();
      if (next) {
        next(thread);
      } else {
        idle.push(thread);
      }
    }
  };
  return {
    // One more, so that no thread waits until a block is written.
    atOnce: workers + 1,
    encode: async (pixels, work) => (await ask({ encode: pixels }, work)) as BlockBytes,
    decode: async (block, work) => (await ask({ decode: block }, work)) as Uint8Array | undefined,
    async release() {
      const ended = threads.map((thread) => thread.threadId === -1 || once(thread, 'exit'));
      for (const thread of threads) {
        thread.postMessage('end' satisfies CoderRequest);
      }
      await Promise.all(ended);
    },
  };
}

/** Asks a thread, and waits for its answer; an abort lets it end with its current batch. */
function answerOf(
  thread: Worker,
  request: CoderRequest,
  { signal, onImages }: BlockWork,
  stop: CoderData['stop'],
): Promise<BlockBytes | Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
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
        onImages?.(answer.images);
      } else if ('failure' in answer) {
        const { failure, code } = answer;
        const error = code === undefined ? new Error(failure) : new UserError(code, failure);
        onError(signal?.aborted ? signal.reason : error);
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
  });
}
