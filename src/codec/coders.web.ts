// Coders of blocks in workers of a page, each with its own copy of the model.
import type { RuntimeFiles } from '../engine/devices/providers.web.ts';
import { workerFactory } from '../engine/runtime.web.ts';
import { weightsBytes } from '../trained/loading/weightsBytes.ts';
import type { TrainedModel } from '../trained/model/trainedModel.ts';
import { type BlockCoders, localCoders } from './blocks.ts';
import { type CoderAnswer, type CoderThread, errorIn, pooledCoders } from './coderPool.ts';
import { requireCodable } from './model/modelCoder.ts';

/** What a worker is sent first. */
export interface CoderStart {
  /** The model, as `weightsBytes` writes it. */
  readonly coderOf: Uint8Array;
  /** The runtime's files, from which the worker loads it. */
  readonly runtime: RuntimeFiles;
}

/**
 * Coders in workers, or in this thread if the page hasn't said how workers are started.
 *
 * @throws UserError (`unsupported`) if the model can't compress images
 */
export async function startCoders(trained: TrainedModel, workers: number): Promise<BlockCoders> {
  const factory = workerFactory();
  if (factory === undefined) {
    return localCoders(trained);
  }
  requireCodable(trained.model);
  const start: CoderStart = { coderOf: weightsBytes(trained), runtime: await factory.runtime() };
  return pooledCoders(Array.from({ length: workers }, () => coderWorker(factory.start, start)));
}

/** A worker, which is started when it is first asked; an abort ends it at once. */
function coderWorker(starting: () => Worker, start: CoderStart): CoderThread {
  let worker: Worker | undefined;
  let broken: { readonly reason: unknown } | undefined;
  let waiting: { answer(answer: CoderAnswer): void; reject(reason: unknown): void } | undefined;
  const fail = (reason: unknown): void => {
    worker?.terminate();
    broken ??= { reason };
    waiting?.reject(reason);
  };
  const running = (): Worker => {
    if (worker === undefined) {
      worker = starting();
      worker.onmessage = ({ data }: MessageEvent<CoderAnswer>) => waiting?.answer(data);
      worker.onmessageerror = () => fail(new Error('an answer of a worker that codes images cannot be read'));
      worker.onerror = (event) => {
        event.preventDefault();
        const why = event.message || 'its script could not be loaded';
        fail(new Error(`a worker that codes images failed: ${why}`));
      };
      worker.postMessage(start);
    }
    return worker;
  };
  return {
    ask: (request, { signal, onImages }) =>
      new Promise((resolve, reject) => {
        if (broken) {
          reject(broken.reason);
          return;
        }
        const onAbort = (): void => fail(signal!.reason);
        const settle = (settled: () => void): void => {
          waiting = undefined;
          signal?.removeEventListener('abort', onAbort);
          settled();
        };
        waiting = {
          answer(answer) {
            if ('images' in answer) {
              onImages?.(answer.images, answer.bits);
            } else if ('failure' in answer) {
              settle(() => reject(errorIn(answer)));
            } else {
              settle(() => resolve(answer.result));
            }
          },
          reject: (reason) => settle(() => reject(reason)),
        };
        signal?.addEventListener('abort', onAbort);
        running().postMessage(request);
      }),
    end: async () => worker?.terminate(),
  };
}
