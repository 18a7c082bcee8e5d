// The script of a thread of Node, which computes gradients for a training, or codes blocks of images.
import { parentPort, workerData } from 'node:worker_threads';
import { importModule } from '../../core/platform/index.node.ts';
import { type StopFlag, serve } from '../../tensor/engine/threads/index.ts';
import { threadTasks } from './tasks.ts';

const port = parentPort!;

port.on(
  'message',
  serve(threadTasks, {
    async setUp({ modules }) {
      for (const module of modules) {
        const exports = await importModule(module);
        // Loaded late, as the tasks are.
        const { registerExports } = await import('../../core/parts/index.ts');
        registerExports(exports, module);
      }
    },
    post: (answer) => port.postMessage(answer),
    isStopped: () => Atomics.load(workerData as StopFlag, 0) !== 0,
    close: () => port.close(),
  }),
);
