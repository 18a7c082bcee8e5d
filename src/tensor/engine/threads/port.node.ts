// Threads of Node.
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { option, phrase, UserError } from '../../../core/errors.ts';
import { threadBeside } from '../../../core/platform/childScript.node.ts';
import type { Port, ThreadMessage, ThreadStart, ThreadTask } from './messages.ts';

/** The memory that stops a thread, if it isn't 0: a busy thread receives no messages. */
export type StopFlag = Int32Array<SharedArrayBuffer>;

/** The script of threads is `api/threads/workerMain.node.ts`: the engine can't import it. */
const besideScript = import.meta.url.replace('tensor/engine/threads/port.node', 'api/threads/worker.node');

/** Whether threads import the modules that they are started with; in a page, the script of workers does. */
export const importsModules = true;

/** Whether this number of workers runs in threads: a single one doesn't. */
export function usesThreads(workers: number): boolean {
  return workers > 1;
}

/**
 * What threads are started with.
 *
 * @param modules the modules of the model's parts
 * @throws UserError if the program is one of them: every thread would run it from its start
 */
export async function prepareThreads(
  modules: readonly string[],
): Promise<Pick<ThreadStart, 'modules' | 'runtime'>> {
  const program = programFile();
  for (const module of modules) {
    const path = module.startsWith('file:') ? fileURLToPath(module) : undefined;
    if (path !== undefined && !existsSync(path)) {
      throw new UserError(
        'not-found',
        `workers import the modules of a model's parts, and there is no ${path}`,
      );
    }
    if (path !== undefined && realpathSync(path) === program) {
      throw new UserError(
        'invalid-argument',
        phrase`workers import the modules of a model's parts, and one is the program itself: define the parts in a module of their own, or use ${option('workers', 1)}`,
      );
    }
  }
  return { modules };
}

/** The file that Node was started with, which may be named without its extension or by its folder; undefined if there is none. */
function programFile(): string | undefined {
  try {
    return realpathSync(createRequire(import.meta.url).resolve(process.argv[1]!));
  } catch {
    // As with `node -e`: an argument may take its place.
    return undefined;
  }
}

/** Starts a thread. */
export function openPort(
  task: ThreadTask,
  onMessage: (message: unknown) => void,
  onFailure: (error: Error) => void,
): Port {
  const stop: StopFlag = new Int32Array(new SharedArrayBuffer(4));
  const thread = threadBeside(besideScript, stop)
    .on('message', onMessage)
    .on('error', onFailure)
    .on('exit', (code) => onFailure(new Error(`a thread for ${task} exited with code ${code}`)));
  return {
    post: (message) => thread.postMessage(message),
    // Not killed: within the runtime that crashes the process.
    stop: () => void Atomics.store(stop, 0, 1),
    async end() {
      const ended = thread.threadId === -1 || once(thread, 'exit');
      thread.postMessage('end' satisfies ThreadMessage);
      await ended;
    },
  };
}
