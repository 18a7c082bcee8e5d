// The script of a worker started by `coders.web.ts`: it codes one block after the other.
import { configureRuntime } from '../engine/runtime.web.ts';
import { memoryFiles } from '../storage/memoryFiles.ts';
import { readExport, WEIGHTS_FILE } from '../trained/loading/readExport.ts';
import { type BlockCoders, localCoders } from './blocks.ts';
import { answerWith, type CoderAnswer, type CoderRequest } from './coderPool.ts';
import type { CoderStart } from './coders.web.ts';

/** What is used of the global scope of a worker. */
export interface CoderScope {
  onmessage: ((event: MessageEvent<Exclude<CoderRequest, 'end'>>) => void) | null;
  postMessage(message: CoderAnswer): void;
}

/** Makes this worker code blocks for the page that has started it. */
export function serveCoding(scope: CoderScope, { coderOf, runtime }: CoderStart): void {
  configureRuntime(runtime);
  const opened = open(coderOf);
  // Requests receive the failure.
  opened.catch(() => {});
  scope.onmessage = async ({ data }) => {
    scope.postMessage(await answerWith(opened, data, (images, bits) => scope.postMessage({ images, bits })));
  };
}

async function open(model: Uint8Array): Promise<BlockCoders> {
  return localCoders(await readExport(memoryFiles('the model', { [WEIGHTS_FILE]: model })));
}
