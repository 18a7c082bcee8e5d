// Calls from the page to a worker: a task and its argument there; progress, then a result or a sentence back.

/** How far a task is. */
export interface Progress {
  readonly done: number;
  /** Undefined if unknown. */
  readonly total: number | undefined;
  /** What is counted, as it reads after "loading the model": bytes, images. */
  readonly doing: string;
}

/** What a task knows of its call. Most tasks report progress; one may report other news. */
export interface Call<News = Progress> {
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  report(news: News): void;
}

/** Functions that a worker performs, by name. Arguments and results are copied. */
export type Tasks = Readonly<Record<string, (argument: never, call: Call<never>) => Promise<unknown>>>;

/** How a page waits for a task. */
export interface Waiting<News = Progress> {
  /** Ends the call at once, with the signal's reason. */
  readonly signal?: AbortSignal;
  onProgress?(news: News): void;
}

interface Order {
  readonly id: number;
  readonly task: string;
  readonly argument?: unknown;
}
type Question = Order | { readonly id: number; readonly cancel: true };
type Answer =
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string };

/** Whether a message has the expected form: anything else on a port is ignored or an error. */
function isMessage(data: unknown): data is Record<string, unknown> & { readonly id: number } {
  return typeof data === 'object' && data !== null && 'id' in data && Number.isSafeInteger(data.id);
}

/** The way to the other side, as a worker has it. */
interface Port {
  postMessage(message: Question | Answer): void;
  addEventListener(type: 'message' | 'messageerror', listener: (event: MessageEvent) => void): void;
}

/**
 * Performs tasks for the page that has started this worker.
 *
 * @param sentenceOf says what went wrong
 * @param port the way to the page; by default the worker's own
 */
export function serve(
  tasks: Tasks,
  sentenceOf: (error: unknown) => string,
  port = globalThis as unknown as Port,
): void {
  const running = new Map<number, AbortController>();
  const perform = async ({ id, task, argument }: Order): Promise<void> => {
    const controller = new AbortController();
    const { signal } = controller;
    running.set(id, controller);
    try {
      // What has been cancelled already, as by a slider that moves on, is not begun.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      const report = (progress: unknown): void => port.postMessage({ id, progress });
      if (!Object.hasOwn(tasks, task)) {
        throw new Error(`There is no task ${JSON.stringify(task)}: load the page again.`);
      }
      port.postMessage({ id, result: await tasks[task]!(argument as never, { signal, report }) });
    } catch (error) {
      if (!signal.aborted) {
        port.postMessage({ id, failure: sentenceOf(error) });
      }
    } finally {
      running.delete(id);
    }
  };
  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (isMessage(data) && 'cancel' in data) {
      running.get(data.id)?.abort();
    } else if (isMessage(data) && typeof data.task === 'string' && !running.has(data.id)) {
      perform({ id: data.id, task: data.task, argument: data.argument });
    }
  });
  port.addEventListener('messageerror', () => {
    // Its call is unknown: an uncaught error ends all calls, and the page shows it.
    throw new Error('a message cannot be read');
  });
}

/** A message as an answer; undefined if it is not one. */
function answerOf(message: Record<string, unknown> & { readonly id: number }): Answer | undefined {
  const isAnswer = 'progress' in message || typeof message.failure === 'string' || 'result' in message;
  return isAnswer ? (message as Answer) : undefined;
}

/** Calls a task of a worker. */
export interface Caller<Known extends Tasks> {
  <Name extends keyof Known & string>(
    task: Name,
    argument: Parameters<Known[Name]>[0],
    waiting?: Waiting<NewsOf<Known[Name]>>,
  ): Promise<Awaited<ReturnType<Known[Name]>>>;
  /** Starts the worker before the first call, so that this does not wait for it. */
  start(): void;
}

type NewsOf<Task> = Task extends (argument: never, call: infer Told) => unknown
  ? Told extends Call<infer News>
    ? News
    : Progress
  : Progress;

interface OpenCall {
  resolve(result: unknown): void;
  reject(reason: unknown): void;
  onProgress?(news: unknown): void;
}

/**
 * Connects the page to a worker that serves tasks. It is started by the first call, and again after it has died: the
 * memory of WebAssembly never shrinks, so one that is out of memory is of no use any more.
 */
export function connect<Known extends Tasks>(start: () => Worker): Caller<Known> {
  const open = new Map<number, OpenCall>();
  let worker: Worker | undefined;
  let calls = 0;
  const listen = (started: Worker): Worker => {
    /** Ends the worker and all its calls. */
    const breakOff = (why: string): void => {
      if (worker !== started) {
        return;
      }
      started.terminate();
      worker = undefined;
      for (const { reject } of open.values()) {
        reject(new Error(`The worker crashed (${why}): try again.`));
      }
      open.clear();
    };
    started.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const answer = isMessage(data) ? answerOf(data) : undefined;
      if (answer === undefined) {
        breakOff('unexpected message');
        return;
      }
      const call = open.get(answer.id);
      if ('progress' in answer) {
        call?.onProgress?.(answer.progress);
        return;
      }
      open.delete(answer.id);
      if ('failure' in answer) {
        call?.reject(new Error(answer.failure));
      } else {
        call?.resolve(answer.result);
      }
    });
    started.addEventListener('messageerror', () => breakOff('a message cannot be read'));
    started.addEventListener('error', ({ message }) => breakOff(message || 'unknown error'));
    return started;
  };
  const running = (): Worker => {
    worker ??= listen(start());
    return worker;
  };
  const call = <Name extends keyof Known & string>(
    task: Name,
    argument: Parameters<Known[Name]>[0],
    { signal, onProgress }: Waiting<NewsOf<Known[Name]>> = {},
  ): Promise<Awaited<ReturnType<Known[Name]>>> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = calls++;
      const asked = running();
      open.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        ...(onProgress && { onProgress: onProgress as (news: unknown) => void }),
      });
      try {
        asked.postMessage({ id, task, argument } satisfies Question);
      } catch (error) {
        // It cannot be copied.
        open.delete(id);
        throw error;
      }
      signal?.addEventListener('abort', () => {
        if (open.delete(id)) {
          worker?.postMessage({ id, cancel: true } satisfies Question);
          reject(signal.reason);
        }
      });
    });
  return Object.assign(call, { start: () => void running() });
}
