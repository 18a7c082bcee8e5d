// Workers of a page.
import { workerFactory } from '../runtime.web.ts';
import type { Port, ThreadStart, ThreadTask } from './messages.ts';

/** Whether threads import the modules that they are started with: the script of workers does. */
export const importsModules = false;

/** Whether workers run in threads: all do if the page has said how to start them. */
export function usesThreads(_workers: number): boolean {
  return workerFactory() !== undefined;
}

/** What workers are started with. */
export async function prepareThreads(
  modules: readonly string[],
): Promise<Pick<ThreadStart, 'modules' | 'runtime'>> {
  return { modules, runtime: await workerFactory()!.runtime() };
}

/** Starts a worker. */
export function openPort(
  task: ThreadTask,
  onMessage: (message: unknown) => void,
  onFailure: (error: Error) => void,
): Port {
  const worker = workerFactory()!.start();
  worker.onmessage = ({ data }: MessageEvent) => onMessage(data);
  worker.onmessageerror = () => onFailure(new Error(`an answer of a worker for ${task} cannot be read`));
  worker.onerror = (event) => {
    event.preventDefault();
    const reason = event.message || 'its script could not be loaded';
    onFailure(new Error(`a worker for ${task} failed: ${reason}`));
  };
  return {
    post: (message) => worker.postMessage(message),
    stop: () => worker.terminate(),
    end: async () => worker.terminate(),
  };
}
