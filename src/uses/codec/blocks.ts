// Coders of blocks: what a compressed file needs of a model, in this thread or in others.
import { BitStack, countDimensions, StackEmpty } from '../../core/numeric/index.ts';
import { nextTurn, requireMemory } from '../../core/platform/index.ts';
import { likelihoodBytes, type TrainedModel } from '../../model/index.ts';
import { releaseOnFailure } from '../../tensor/engine/index.ts';
import { decodeBlock, encodeBlock, imagesIn, MOST_VALUES, type Run } from './model/blockCoder.ts';
import { EngineNetworks } from './model/engineNetworks.ts';
import { modelCoder, requireCodable } from './model/modelCoder.ts';
import { OutOfRange } from './stack/fixedPoint.ts';

/** The images of a batch: larger ones take hardly less time, and longer until there are bits for the first. */
const BATCH = 8;

/**
 * Memory of coding relative to the likelihood's results, since it computes in float64 and keeps where its numbers come from:
 * measured with images of 128x128 to 256x256 in colour.
 */
const MEMORY_FACTOR = 20;

/** About how many bytes of memory coders take, each with a model of its own. */
export function codingBytes(trained: TrainedModel, workers: number): number {
  return workers * BATCH * MEMORY_FACTOR * likelihoodBytes(trained);
}

/** A block in stored form. */
export interface BlockBytes {
  readonly runs: readonly Run[];
  /** Of the stack. */
  readonly bytes: Uint8Array;
}

/** How the work on a block is stopped, and its progress reported. */
export interface BlockWork {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of images that are done since the last call, and, in coding, the bits that they take. */
  onImages?(images: number, bits?: number): void;
}

/** Codes blocks with a model. */
export interface BlockCoders {
  /** How many blocks to ask for at the same time. */
  readonly atOnce: number;
  /** Codes the images of a block. */
  encode(pixels: Uint8Array, work: BlockWork): Promise<BlockBytes>;
  /** Decodes a block; undefined if it isn't one, or another runtime has written it. */
  decode(block: BlockBytes, work: BlockWork): Promise<Uint8Array | undefined>;
  /** Frees what they hold. */
  release(): Promise<void>;
}

/**
 * Coders in this thread.
 *
 * @throws UserError (`unsupported`) if the model can't compress images
 */
export async function localCoders(trained: TrainedModel): Promise<BlockCoders> {
  requireCodable(trained.model);
  requireMemory(
    'the activations of an image in float64',
    MEMORY_FACTOR * likelihoodBytes(trained),
    'use a smaller model',
  );
  return releaseOnFailure(async (keep) => {
    const networks = keep(new EngineNetworks());
    const coder = await modelCoder(trained, networks);
    const size = countDimensions(coder.imageShape);
    return {
      atOnce: 1,
      async encode(pixels, work) {
        const { runs, stack } = await encodeBlock(coder, pixels, { batch: BATCH, onProgress: follow(work) });
        return { runs, bytes: stack.toBytes() };
      },
      async decode({ runs, bytes }, work) {
        // A plain image takes 8 bits a value, and no batch takes more: nothing larger is allocated for a false list.
        if (!runs.every(isRun) || imagesIn(runs) * size > MOST_VALUES) {
          return undefined;
        }
        try {
          const stack = new BitStack(bytes);
          return await decodeBlock(coder, { runs, stack }, { onProgress: follow(work) });
        } catch (error) {
          if (error instanceof StackEmpty || error instanceof OutOfRange) {
            return undefined;
          }
          throw error;
        }
      },
      release: () => networks.release(),
    };
  });
}

function isRun({ batch, count }: Run): boolean {
  return [0, 1, BATCH].includes(batch) && Number.isInteger(count) && count > 0;
}

/** Images between two turns of the event loop at least: images stored plainly wait for nothing, so no signal would arrive. */
const TURN = 64;

function follow({ signal, onImages }: BlockWork): (images: number, bits?: number) => Promise<void> {
  let [reportedImages, reportedBits, turned] = [0, 0, 0];
  return async (images, bits) => {
    if (images - turned >= TURN || turned === 0) {
      turned = images;
      await nextTurn();
    }
    signal?.throwIfAborted();
    onImages?.(images - reportedImages, bits === undefined ? undefined : bits - reportedBits);
    [reportedImages, reportedBits] = [images, bits ?? 0];
  };
}
