// Divides blocks among coders in other threads, each of which works on one at a time.
import { UserError, type UserErrorCode } from '../errors.ts';
import type { BlockBytes, BlockCoders, BlockWork } from './blocks.ts';

/** A request to a thread. */
export type CoderRequest = { readonly encode: Uint8Array } | { readonly decode: BlockBytes } | 'end';

/** An answer of a thread: how many more images are done, in how many bits; the result; or why there is none. */
export type CoderAnswer =
  | { readonly images: number; readonly bits: number | undefined }
  | { readonly result: BlockBytes | Uint8Array | undefined }
  | { readonly failure: string; readonly code: UserErrorCode | undefined };

/** A thread with a copy of the model. */
export interface CoderThread {
  /** Asks it, and waits for its result; rejects with the signal's reason once that is aborted. */
  ask(request: CoderRequest, work: BlockWork): Promise<BlockBytes | Uint8Array | undefined>;
  /** Ends it. */
  end(): Promise<void>;
}

/** Coders that work on several blocks at a time. */
export function pooledCoders(threads: readonly CoderThread[]): BlockCoders {
  const idle = [...threads];
  const waiting: ((thread: CoderThread) => void)[] = [];
  const ask = async (request: CoderRequest, work: BlockWork) => {
    const thread = idle.pop() ?? (await new Promise<CoderThread>((resolve) => waiting.push(resolve)));
    try {
      work.signal?.throwIfAborted();
      return await thread.ask(request, work);
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
    atOnce: threads.length + 1,
    encode: async (pixels, work) => (await ask({ encode: pixels }, work)) as BlockBytes,
    decode: async (block, work) => (await ask({ decode: block }, work)) as Uint8Array | undefined,
    async release() {
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

/** Answers a request in a thread. */
export async function answerWith(
  opened: Promise<BlockCoders>,
  request: Exclude<CoderRequest, 'end'>,
  onImages: (images: number, bits?: number) => void,
): Promise<CoderAnswer> {
  try {
    const coders = await opened;
    return {
      result:
        'encode' in request
          ? await coders.encode(request.encode, { onImages })
          : await coders.decode(request.decode, { onImages }),
    };
  } catch (error) {
    const code = error instanceof UserError ? error.code : undefined;
    return { failure: error instanceof Error ? error.message : String(error), code };
  }
}

/** The error in an answer. */
export function errorIn({ failure, code }: Extract<CoderAnswer, { failure: string }>): Error {
  return code === undefined ? new Error(failure) : new UserError(code, failure);
}
