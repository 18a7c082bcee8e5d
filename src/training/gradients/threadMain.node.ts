// The entry point of a thread started by `thread.node.ts`: it answers with the results of
// `gradientThread.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors.ts';
import { importModule } from '../../platform/importModule.node.ts';
import { type GradientThread, openGradientThread, type ThreadData } from './gradientThread.ts';
import type { ThreadRequest, ThreadStart } from './thread.node.ts';

const port = parentPort!;

/** Registers the model's own parts and compiles its program; undefined after an error that the user can fix. */
async function open(data: ThreadData): Promise<GradientThread | undefined> {
  try {
    for (const module of data.modules) {
      await importModule(module);
    }
    return await openGradientThread(data);
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    port.postMessage({ refused: error.message, code: error.code } satisfies ThreadStart);
    return undefined;
  }
}

const work = await open(workerData as ThreadData);
if (work !== undefined) {
  port.on('message', async (request: ThreadRequest) => {
    if (request === 'end') {
      await work.release();
      port.close();
      return;
    }
    port.postMessage(await work.run(request));
  });
  port.postMessage('ready' satisfies ThreadStart);
}
