// The entry point of a thread started by `coders.node.ts`: it codes one block after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { importModule } from '../platform/importModule.node.ts';
import { memoryFiles } from '../storage/memoryFiles.ts';
import { readExport, WEIGHTS_FILE } from '../trained/loading/readExport.ts';
import { type BlockCoders, localCoders } from './blocks.ts';
import { answerWith, type CoderAnswer, type CoderRequest } from './coderPool.ts';
import type { CoderData } from './coders.node.ts';

const port = parentPort!;

async function open({ model, modules }: CoderData): Promise<BlockCoders> {
  for (const module of modules) {
    await importModule(module);
  }
  return localCoders(await readExport(memoryFiles('the model', { [WEIGHTS_FILE]: model })));
}

const data = workerData as CoderData;
const opened = open(data);
// The caller receives the failure.
opened.catch(() => {});

const say = (answer: CoderAnswer): void => port.postMessage(answer);

/** Reports progress, unless the work is to end. */
const onImages = (images: number, bits?: number): void => {
  if (Atomics.load(data.stop, 0) !== 0) {
    throw new Error('stopped');
  }
  say({ images, bits });
};

port.on('message', async (request: CoderRequest) => {
  if (request === 'end') {
    await opened.then((coders) => coders.release()).catch(() => {});
    port.close();
    return;
  }
  say(await answerWith(opened, request, onImages));
});
