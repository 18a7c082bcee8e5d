// Coders of blocks in several threads, or in workers of a page, each with its own copy of the model.

import { memoryFiles } from '../../data/files/index.ts';
import { partModules } from '../../flows/models/index.ts';
import type { TrainedModel } from '../../model/index.ts';
import { readExport, WEIGHTS_FILE, weightsBytes } from '../../model/loading/index.ts';
import { type Handler, ThreadPool, usesThreads } from '../../tensor/engine/threads/index.ts';
import { type BlockBytes, type BlockCoders, type BlockWork, localCoders } from './blocks.ts';
import { requireCodable } from './model/modelCoder.ts';

/** A request to a thread. */
type CodingRequest = { readonly encode: Uint8Array } | { readonly decode: BlockBytes };

/** The arguments of `onImages`. */
type CodedImages = [images: number, bits?: number | undefined];

/**
 * Coders that work on several blocks at a time.
 *
 * @throws UserError (`unsupported`) if the model can't compress images
 */
export async function startCoders(trained: TrainedModel, workers: number): Promise<BlockCoders> {
  if (!usesThreads(workers)) {
    return localCoders(trained);
  }
  requireCodable(trained.model);
  const pool = await ThreadPool.open<CodingRequest, BlockBytes | Uint8Array | undefined, CodedImages>(
    'coding',
    partModules(trained.model.options),
    Array(workers).fill(weightsBytes(trained)),
  );
  const ask = (request: CodingRequest, { signal, onImages }: BlockWork) =>
    pool.ask(request, { signal, onProgress: (coded) => onImages?.(...coded) });
  return {
    // One more, so that no thread waits until a block is written.
    atOnce: workers + 1,
    encode: async (pixels, work) => (await ask({ encode: pixels }, work)) as BlockBytes,
    // A copy: a view would be sent along with its whole underlying buffer, which may hold the whole file.
    decode: async ({ runs, bytes }, work) =>
      (await ask({ decode: { runs, bytes: Uint8Array.from(bytes) } }, work)) as Uint8Array | undefined,
    release: () => pool.release(),
  };
}

/** The work of a thread with a model, as `weightsBytes` writes it. */
export async function openCoding(
  model: Uint8Array,
): Promise<Handler<CodingRequest, BlockBytes | Uint8Array | undefined, CodedImages>> {
  const coders = await localCoders(await readExport(memoryFiles('the model', { [WEIGHTS_FILE]: model })));
  return {
    async answer(request, onProgress) {
      const work: BlockWork = { onImages: (...coded) => onProgress(coded) };
      return 'encode' in request ? coders.encode(request.encode, work) : coders.decode(request.decode, work);
    },
    release: () => coders.release(),
  };
}
