// The thread's end of a pool: it answers one request after the other.
import {
  type Handler,
  sentError,
  type ThreadAnswer,
  type ThreadMessage,
  type ThreadStart,
  type ThreadTask,
} from './messages.ts';

/** The code of every task, loaded when it is needed; it takes the data of the start. */
export type ThreadTasks = Readonly<Record<ThreadTask, () => Promise<(data: never) => Promise<Handler>>>>;

/** What differs between threads of Node and workers of a page. */
interface ThreadHost {
  setUp(start: ThreadStart): Promise<void>;
  post(answer: ThreadAnswer): void;
  /** Whether the current work is no longer wanted. */
  isStopped(): boolean;
  /** Called once everything is released. */
  close(): void;
}

/** Returns the listener for a pool's messages. */
export function serve(tasks: ThreadTasks, host: ThreadHost): (message: ThreadMessage) => void {
  let handler: Handler | undefined;
  const onProgress = (progress: unknown): void => {
    if (host.isStopped()) {
      throw new Error('stopped');
    }
    host.post({ kind: 'progress', progress });
  };
  const answer = async (message: Exclude<ThreadMessage, 'end'>): Promise<unknown> => {
    if ('request' in message) {
      return handler!.answer(message.request, onProgress);
    }
    const { task, data } = message.start;
    await host.setUp(message.start);
    const open = await tasks[task]();
    handler = await open(data as never);
    return undefined;
  };
  const respond = async (message: ThreadMessage): Promise<void> => {
    if (message === 'end') {
      await handler?.release();
      host.close();
      return;
    }
    try {
      host.post({ kind: 'result', result: await answer(message) });
    } catch (error) {
      host.post({ kind: 'failure', failure: sentError(error) });
    }
  };
  let last = Promise.resolve();
  return (message) => {
    last = last.then(() => respond(message));
  };
}
