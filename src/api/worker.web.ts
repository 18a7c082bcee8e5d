// `emerging-flows/worker`: the script of a worker of a page, which computes gradients for a training, or codes blocks of images.
import { configureRuntime } from '../tensor/engine/runtime.web.ts';
import { serve, type ThreadAnswer, type ThreadMessage } from '../tensor/engine/threads/index.ts';
import { threadTasks } from './threads/tasks.ts';

/** The part of a worker's global scope that this script uses. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ThreadMessage>) => void) | null;
  postMessage(message: ThreadAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;

const receive = serve(threadTasks, {
  setUp: async ({ runtime }) => configureRuntime(runtime!),
  post: (answer) => scope.postMessage(answer),
  // The page terminates it.
  isStopped: () => false,
  close() {},
});
scope.onmessage = ({ data }) => receive(data);
