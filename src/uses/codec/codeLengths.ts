// How the code of an image grows from stage to stage.
import { type BitStack, countDimensions } from '../../core/numeric/index.ts';
import type { TrainedModel } from '../../model/index.ts';
import { releaseAfter } from '../../tensor/engine/index.ts';
import { encodeBlock } from './model/blockCoder.ts';
import { EngineNetworks } from './model/engineNetworks.ts';
import { modelCoder } from './model/modelCoder.ts';
import { FRACTION_BITS } from './stack/fixedPoint.ts';

/** Enough for the noise of the first image: the first copies find too few bits on the stack. */
const COPIES = 4;

/** The bits that the codec takes for one image. */
export interface CodeLength {
  /**
   * The bits before the first stage of the model, then after each: on the stack, and in the activations that are left, in
   * fixed point. The first number is 8 for each value, and the last one the length of the code.
   */
  readonly stages: readonly number[];
  /** Whether the model can't take the image, so that it is stored plainly, at 8 bits a value. */
  readonly plain: boolean;
}

/**
 * The bits that `compress` takes for each of some images, stage by stage. They are coded one by one, each with the bits that
 * earlier ones left on the stack. Copies of the first come before it, because a file stores its first images plainly.
 *
 * @param pixels images of 8 bits in the shape of the model, concatenated
 * @throws UserError (`unsupported`) if the model can't compress
 */
export function codeLengths(
  { model, parameters }: TrainedModel,
  pixels: Uint8Array,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CodeLength[]> {
  return releaseAfter(async (keep) => {
    const coder = await modelCoder({ model, parameters }, keep(new EngineNetworks()));
    const size = countDimensions(coder.imageShape);
    const lengths: CodeLength[] = [];
    let [stages, total]: [number[], number] = [[], 0];
    const following = {
      ...coder,
      encode(images: Uint8Array, stack: BitStack): Promise<void> {
        const before = stack.bits;
        stages = [];
        return coder.encode(images, stack, (activations) =>
          stages.push(stack.bits - before + FRACTION_BITS * activations),
        );
      },
    };
    const images = new Uint8Array(COPIES * size + pixels.length);
    for (let copy = 0; copy < COPIES; copy++) {
      images.set(pixels.subarray(0, size), copy * size);
    }
    images.set(pixels, COPIES * size);
    await encodeBlock(following, images, {
      batch: 1,
      onProgress(_, bits) {
        signal?.throwIfAborted();
        const length = bits - total;
        total = bits;
        // Its code broke off, or was longer than the pixels.
        const plain = stages.length <= model.stages.length || stages.at(-1)! > 8 * size;
        lengths.push({ stages: plain ? [...model.stages, length].map(() => length) : stages, plain });
      },
    });
    return lengths.slice(COPIES);
  });
}
