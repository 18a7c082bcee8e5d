// A pool of threads, or of workers of a page, each answering one request at a time.
import {
  type Port,
  receivedError,
  type ThreadAnswer,
  type ThreadMessage,
  type ThreadStart,
  type ThreadTask,
} from './messages.ts';
import { openPort, prepareThreads } from './port.node.ts';

/** How a request is stopped, and its progress reported. */
interface AskOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  onProgress?(progress: Progress): void;
}

/** Threads for one task; each starts with its first request. */
export class ThreadPool<Request, Answer, Progress = never> {
  private readonly threads: readonly Thread[];
  private readonly idle: Thread[];
  private readonly waiting: ((thread: Thread) => void)[] = [];

  private constructor(starts: readonly ThreadStart[]) {
    this.threads = starts.map((start) => new Thread(start));
    this.idle = [...this.threads];
  }

  /**
   * Prepares a pool with a thread for each element of `data`.
   *
   * @param modules the modules that register parts of the model
   * @throws UserError if threads can't import them
   */
  static async open<Request, Answer, Progress = never>(
    task: ThreadTask,
    modules: readonly string[],
    data: readonly unknown[],
  ): Promise<ThreadPool<Request, Answer, Progress>> {
    const start = await prepareThreads(modules);
    return new ThreadPool(data.map((each) => ({ ...start, task, data: each })));
  }

  /** Starts all threads; rejects if one can't do its task. */
  async start(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.start()));
  }

  /**
   * Sends a request to the next idle thread, and returns the answer. Once the signal is aborted, this rejects with its reason,
   * and the thread takes no more requests.
   */
  async ask(request: Request, options: AskOptions<Progress> = {}): Promise<Answer> {
    const thread = this.idle.pop() ?? (await new Promise<Thread>((resolve) => this.waiting.push(resolve)));
    try {
      return (await thread.ask(request, options as AskOptions<unknown>)) as Answer;
    } finally {
      const next = this.waiting.shift();
      if (next) {
        next(thread);
      } else {
        this.idle.push(thread);
      }
    }
  }

  /** Ends the threads. */
  async release(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()));
  }
}

/** A message that a thread has not answered yet. */
interface Pending {
  resolve(result: unknown): void;
  reject(reason: unknown): void;
  readonly onProgress: ((progress: unknown) => void) | undefined;
}

/** A thread of a pool. */
class Thread {
  private readonly data: ThreadStart;
  private port: Port | undefined;
  private started: Promise<unknown> | undefined;
  /** Why it takes no more requests. */
  private failed: { readonly reason: unknown } | undefined;
  private pending: Pending | undefined;

  constructor(data: ThreadStart) {
    this.data = data;
  }

  start(): Promise<unknown> {
    this.port ??= openPort(
      this.data.task,
      (message) => this.receive(message as ThreadAnswer | null),
      (error) => this.fail(error),
    );
    this.started ??= this.exchange({ start: this.data });
    return this.started;
  }

  async ask(request: unknown, { signal, onProgress }: AskOptions<unknown>): Promise<unknown> {
    signal?.throwIfAborted();
    const onAbort = (): void => this.fail(signal!.reason);
    signal?.addEventListener('abort', onAbort);
    try {
      await this.start();
      return await this.exchange({ request }, onProgress);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async end(): Promise<void> {
    await this.port?.end();
  }

  private exchange(message: ThreadMessage, onProgress?: (progress: unknown) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.failed) {
        reject(this.failed.reason);
      } else {
        this.pending = { resolve, reject, onProgress };
        this.port!.post(message);
      }
    });
  }

  private receive(answer: ThreadAnswer | null): void {
    if (answer?.kind === 'progress') {
      try {
        this.pending?.onProgress?.(answer.progress);
      } catch (error) {
        // The thread continues with the request, so it can't take another.
        this.fail(error);
      }
    } else if (answer?.kind === 'result') {
      this.pending?.resolve(answer.result);
    } else if (answer?.kind === 'failure') {
      this.pending?.reject(receivedError(answer.failure));
    } else {
      // The page supplies the script, which may be another one.
      this.fail(
        new Error(
          `a thread for ${this.data.task} sent an unexpected message: is its script emerging-flows/worker?`,
        ),
      );
    }
  }

  private fail(reason: unknown): void {
    this.failed ??= { reason };
    this.pending?.reject(this.failed.reason);
    // It may still report progress.
    this.pending = undefined;
    this.port?.stop();
  }
}
