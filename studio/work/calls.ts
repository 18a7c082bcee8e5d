// Calls from the page to a worker, which returns progress, then a result or an error sentence.

/** A task's progress. */
export interface Progress {
  readonly done: number;
  /** Undefined if unknown. */
  readonly total: number | undefined;
  /** The current activity: `Loading the model`. */
  readonly doing: string;
}

/** A task's view of its call. Most tasks report progress; others report their own kind of news. */
export interface Call<News = Progress> {
  /** Aborted when the caller no longer waits for the result. */
  readonly signal: AbortSignal;
  report(news: News): void;
}

/** A worker's functions by name. Arguments and results are copied. */
export type Tasks = Readonly<Record<string, (argument: never, call: Call<never>) => Promise<unknown>>>;

/** The caller's options. */
export interface Waiting<News = Progress> {
  /** Ends the call immediately, with the signal's reason. */
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

/** Whether a message has the expected form. */
function isMessage(data: unknown): data is Record<string, unknown> & { readonly id: number } {
  return typeof data === 'object' && data !== null && 'id' in data && Number.isSafeInteger(data.id);
}

/** A worker's end of the connection. */
interface Port {
  postMessage(message: Question | Answer): void;
  addEventListener(type: 'message' | 'messageerror', listener: (event: MessageEvent) => void): void;
}

/**
 * Performs tasks for the page that started this worker.
 *
 * @param sentenceOf describes an error in a sentence
 * @param port the connection to the page; by default the worker's own
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
      // Lets a cancellation arrive first, as from a moving slider.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      const report = (progress: unknown): void => port.postMessage({ id, progress });
      if (!Object.hasOwn(tasks, task)) {
        throw new Error(`Unknown task ${JSON.stringify(task)}: reload the page.`);
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
    // The call is unknown, so end all calls: an uncaught error reaches the page.
    throw new Error('unreadable message');
  });
}

/** A message as an answer; undefined if it is not one. */
function parseAnswer(message: Record<string, unknown> & { readonly id: number }): Answer | undefined {
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
  /** Starts the worker early so that the first call doesn't wait for it. */
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
 * Connects the page to a worker that serves tasks. The first call starts it, and the first call after a crash restarts
 * it: WebAssembly memory never shrinks, so a worker that ran out of memory is useless.
 */
export function connect<Known extends Tasks>(start: () => Worker): Caller<Known> {
  const open = new Map<number, OpenCall>();
  let worker: Worker | undefined;
  let calls = 0;
  const listen = (started: Worker): Worker => {
    /** Ends the worker and fails all its calls. */
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
      const answer = isMessage(data) ? parseAnswer(data) : undefined;
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
    started.addEventListener('messageerror', () => breakOff('unreadable message'));
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
      const runningWorker = running();
      open.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        ...(onProgress && { onProgress: onProgress as (news: unknown) => void }),
      });
      try {
        runningWorker.postMessage({ id, task, argument } satisfies Question);
      } catch (error) {
        // The argument can't be copied.
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

/** The options of a long call of the library. */
export function workOptions(
  { signal, report }: Call,
  doing: string,
): { readonly signal: AbortSignal; onProgress(done: number, total: number): void } {
  return { signal, onProgress: (done, total) => report({ done, total, doing }) };
}

/** Returns a function that performs tasks one after the other. */
export function turns(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => {
      // The caller of that task reports it.
    });
    return result;
  };
}
