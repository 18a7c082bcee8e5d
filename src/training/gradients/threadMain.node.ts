// The entry point of a thread started by `thread.node.ts`: it answers with the results of
// `gradientThread.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import { openGradientThread, type ThreadData } from './gradientThread.ts';
import type { ThreadRequest } from './thread.node.ts';

const port = parentPort!;
const work = await openGradientThread(workerData as ThreadData);
port.on('message', async (request: ThreadRequest) => {
  if (request === 'end') {
    await work.release();
    port.close();
    return;
  }
  port.postMessage(await work.run(request));
});
port.postMessage('ready');
