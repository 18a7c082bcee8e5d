// A worker of a page: started with data, sent one request at a time, ended.
//
// In a cross-origin isolated page it shares the weights and gradients; otherwise each request carries the weights, and
// each answer the gradients.
import type { RuntimeFiles } from '../../engine/devices/providers.web.ts';
import { workerFactory } from '../../engine/runtime.web.ts';
import { UserError, type UserErrorCode } from '../../errors.ts';
import type { Groups } from '../../models/parameterLayout.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { Batch } from '../../trained/likelihood/likelihood.ts';
import { copyInto } from './gradientSum.ts';
import type { ThreadData } from './gradientThread.ts';
import type { Thread } from './thread.node.ts';

/** What a worker is started with. */
export interface WorkerStart extends ThreadData {
  /** What it needs to load the runtime. */
  readonly runtime: RuntimeFiles;
}

/** A request to a worker: the gradients of some images with these weights, if it doesn't share them, or to end. */
export type WorkerRequest = (Batch & { readonly weights?: Groups }) | 'end';

/** The answer to it. */
export interface WorkerAnswer {
  readonly bitsPerDim: NdArray;
  /** None if it has written them to shared memory. */
  readonly gradients?: Groups;
}

/** What a worker sends: that it is ready or has ended, an answer, or why it failed. */
export type WorkerMessage =
  | 'ready'
  | 'ended'
  | { readonly answer: WorkerAnswer }
  | { readonly failure: string; readonly code?: UserErrorCode };

/** Whether workers can be started: the page must have said how. */
export function canStartThreads(): boolean {
  return workerFactory() !== undefined;
}

/** An array that threads share, if the page may share memory, and otherwise are sent copies of. */
export function sharedArray(elements: number): Float32Array {
  return globalThis.crossOriginIsolated
    ? new Float32Array(new SharedArrayBuffer(Float32Array.BYTES_PER_ELEMENT * elements))
    : new Float32Array(elements);
}

/** Whether arrays are in memory that workers share: either all arrays of a page are, or none. */
export function areShared(arrays: Groups): boolean {
  return Object.values(arrays).some(({ data: { buffer } }) => isShared(buffer));
}

/** Pages without isolation don't define the class. */
function isShared(buffer: ArrayBufferLike): boolean {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
}

/** Whether an answer has the gradients of these arrays: the page supplies the worker's script, which may be wrong. */
function fits(answer: Partial<WorkerAnswer> | undefined, gradients: Groups): answer is WorkerAnswer {
  return (
    ArrayBuffer.isView(answer?.bitsPerDim?.data) &&
    (areShared(gradients) ||
      Object.entries(gradients).every(
        ([name, { data }]) => answer.gradients?.[name]?.data?.length === data.length,
      ))
  );
}

/** Starts a worker. */
export function startThread(data: ThreadData): Thread {
  const { start, runtime } = workerFactory()!;
  const worker = start();
  let hasEnded = false;
  let waiting: { resolve(message: WorkerMessage): void; reject(error: Error): void } | undefined;
  worker.onmessage = ({ data: message }: MessageEvent<WorkerMessage>) => waiting?.resolve(message);
  worker.onmessageerror = () => waiting?.reject(new Error('an answer of a gradient worker cannot be read'));
  worker.onerror = (event) => {
    event.preventDefault();
    hasEnded = true;
    // After an uncaught error the worker would keep waiting for requests.
    worker.terminate();
    waiting?.reject(
      new Error(`a gradient worker failed: ${event.message || 'its script could not be loaded'}`),
    );
  };
  type Message = WorkerStart | WorkerRequest;
  const send = (message: Message | Promise<Message>): Promise<WorkerMessage> => {
    if (hasEnded) {
      return Promise.reject(new Error('a gradient worker has ended'));
    }
    const answered = new Promise<WorkerMessage>((resolve, reject) => {
      waiting = { resolve, reject };
      // The worker may fail while the message is awaited.
      Promise.resolve(message)
        .then((ready) => worker.postMessage(ready))
        .catch(reject);
    });
    return answered.then((answer) => {
      if (typeof answer === 'object' && answer !== null && 'failure' in answer) {
        const text = `a gradient worker failed: ${answer.failure}`;
        throw answer.code === undefined ? new Error(text) : new UserError(answer.code, text);
      }
      return answer;
    });
  };
  const kill = async (): Promise<void> => {
    hasEnded = true;
    worker.terminate();
    waiting?.reject(new Error('a gradient worker was ended'));
  };
  const { weights, gradients } = data;
  const ready = send(runtime().then((files) => ({ ...data, runtime: files })));
  // Callers that await it get the error; this avoids an unhandled rejection.
  ready.catch(() => {});
  return {
    ready: () => ready,
    async ask(batch) {
      const request = areShared(weights) ? batch : { ...batch, weights };
      const { answer } = ((await send(request)) ?? {}) as { answer?: WorkerAnswer };
      if (!fits(answer, gradients)) {
        await kill();
        throw new Error('a gradient worker sent an unexpected message: restart the training');
      }
      if (answer.gradients) {
        copyInto(gradients, answer.gradients);
      }
      return answer.bitsPerDim;
    },
    async end() {
      if (!hasEnded) {
        try {
          await send('end');
        } finally {
          await kill();
        }
      }
    },
    kill,
  };
}
