// The script of a thread of Node, which computes gradients for a training, or codes blocks of images.
import { parentPort, workerData } from 'node:worker_threads';
import { importModule } from '../../core/platform/importModule.node.ts';
import type { StopFlag } from '../../tensor/engine/threads/port.node.ts';
import { serve } from '../../tensor/engine/threads/serve.ts';
import { threadTasks } from './tasks.ts';

const port = parentPort!;

port.on(
  'message',
  serve(threadTasks, {
    async setUp({ modules }) {
      for (const module of modules) {
        await importModule(module);
      }
    },
    post: (answer) => port.postMessage(answer),
    isStopped: () => Atomics.load(workerData as StopFlag, 0) !== 0,
    close: () => port.close(),
  }),
);
