// What passes between a pool and its threads: Node's, or the workers of a page.
import { type Phrase, UserError, type UserErrorCode } from '../../../core/errors.ts';
import type { RuntimeFiles } from '../devices/providers.web.ts';

/** What a thread can compute; `api/threads/tasks.ts` has the code. */
export type ThreadTask = 'coding' | 'gradients';

/** What a thread is started with. */
export interface ThreadStart {
  readonly task: ThreadTask;
  /** What the task needs, such as a model. */
  readonly data: unknown;
  /** In Node, the modules that register parts of the model; in a page, the worker's script imports them. */
  readonly modules: readonly string[];
  /** In a page, the files of the runtime. */
  readonly runtime?: RuntimeFiles;
}

/** A message to a thread. Each but the last has one answer. */
export type ThreadMessage = { readonly start: ThreadStart } | { readonly request: unknown } | 'end';

/** A message from a thread: its progress, or an answer. */
export type ThreadAnswer =
  | { readonly kind: 'progress'; readonly progress: unknown }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'failure'; readonly failure: SentError };

/** The pool's end of a thread. */
export interface Port {
  post(message: ThreadMessage): void;
  /** Makes the thread give up its current work; it takes no more requests. */
  stop(): void;
  end(): Promise<void>;
}

/** The work of a thread. */
export interface Handler<Request = unknown, Answer = unknown, Progress = unknown> {
  answer(request: Request, onProgress: (progress: Progress) => void): Promise<Answer>;
  release(): Promise<void>;
}

/** An error in the form that is sent: a clone would not be a `UserError`. */
interface SentError {
  readonly code?: UserErrorCode;
  readonly message: string | Phrase;
  readonly stack?: string | undefined;
}

/** Converts an error for sending. */
export function sentError(error: unknown): SentError {
  if (error instanceof UserError) {
    return { code: error.code, message: error.phrase };
  }
  return error instanceof Error ? { message: error.message, stack: error.stack } : { message: String(error) };
}

/** The error that was sent. */
export function receivedError({ code, message, stack }: SentError): Error {
  return code === undefined
    ? Object.assign(new Error(String(message)), stack && { stack })
    : new UserError(code, message);
}
