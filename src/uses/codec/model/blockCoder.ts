// A block of images on one stack: batches, and images stored plainly where the model can't take them.
import { BitStack, countDimensions, StackEmpty } from '../../../core/numeric/index.ts';
import { OutOfRange } from '../stack/fixedPoint.ts';
import type { ModelCoder } from './modelCoder.ts';

/** Consecutive images that are stored in the same way. */
export interface Run {
  /** The images of a batch that the model codes; 0 for images stored plainly, one by one. */
  readonly batch: number;
  /** How many batches, or plain images, there are. */
  readonly count: number;
}

/** The most values of a block. */
export const MOST_VALUES = 2 ** 30;

/** The images of a block. */
interface CodedBlock {
  /** How they are stored, from the first image to the last. */
  readonly runs: readonly Run[];
  /** The stack that holds them; the last image is on top. */
  readonly stack: BitStack;
}

/**
 * Codes images one batch after the other, each with the bits that earlier batches left on the stack. The first images find an
 * empty stack and are stored plainly until there are enough bits for a single image; as soon as there are enough, batches
 * have `batch` images, which is faster. Images that the model can't take, or that would take more than
 * 8 bits a value, are stored plainly too.
 */
export async function encodeBlock(
  coder: ModelCoder,
  pixels: Uint8Array,
  {
    batch,
    onProgress,
  }: { readonly batch: number; onProgress?(images: number, bits: number): void | Promise<void> },
): Promise<CodedBlock> {
  const size = countDimensions(coder.imageShape);
  const count = pixels.length / size;
  const stack = new BitStack();
  const batches: number[] = [];
  /** The most bits that a batch has taken off the stack for a while, per image. */
  let deepest = 0;
  /** This many images are coded one by one, because they failed together. */
  let alone = 0;
  for (let image = 0; image < count; ) {
    const isSmall = alone > 0 || deepest === 0 || count - image < batch || stack.bits < 1.1 * batch * deepest;
    const images = isSmall ? 1 : batch;
    const imageValues = pixels.subarray(image * size, (image + images) * size);
    const before = stack.bits;
    const mark = stack.mark();
    if (await fits(coder, imageValues, stack)) {
      deepest = Math.max(deepest, (before - stack.takeLowest()) / images);
      batches.push(images);
    } else {
      stack.reset(mark);
      if (images > 1) {
        alone = images;
        continue;
      }
      pushPlainly(imageValues, stack);
      batches.push(0);
    }
    image += images;
    alone = Math.max(0, alone - 1);
    await onProgress?.(image, stack.bits);
  }
  return { runs: groupRuns(batches), stack };
}

/**
 * Decodes a block, last image first.
 *
 * @throws OutOfRange, StackEmpty if no `encodeBlock` has made it
 */
export async function decodeBlock(
  coder: ModelCoder,
  { runs, stack }: CodedBlock,
  { onProgress }: { onProgress?(images: number): void | Promise<void> } = {},
): Promise<Uint8Array> {
  const size = countDimensions(coder.imageShape);
  const pixels = new Uint8Array(imagesIn(runs) * size);
  let end = pixels.length;
  for (const { batch, count } of runs.toReversed()) {
    for (let index = 0; index < count; index++) {
      const imageValues = batch === 0 ? popPlainly(size, stack) : await coder.decode(batch, stack);
      end -= imageValues.length;
      pixels.set(imageValues, end);
      await onProgress?.((pixels.length - end) / size);
    }
  }
  if (!stack.isEmpty) {
    throw new OutOfRange();
  }
  return pixels;
}

/** How many images runs have in all. */
export function imagesIn(runs: readonly Run[]): number {
  return runs.reduce((images, { batch, count }) => images + Math.max(1, batch) * count, 0);
}

/** Whether the model takes a batch, in at most 8 bits a value; if not, the stack is invalid. */
async function fits(coder: ModelCoder, pixels: Uint8Array, stack: BitStack): Promise<boolean> {
  const before = stack.bits;
  try {
    await coder.encode(pixels, stack);
  } catch (error) {
    if (error instanceof StackEmpty || error instanceof OutOfRange) {
      return false;
    }
    throw error;
  }
  return stack.bits - before <= 8 * pixels.length;
}

/** Pushes the pixels of an image disguised: the next images pop them as noise, which must not be all black. */
function pushPlainly(pixels: Uint8Array, stack: BitStack): void {
  const noise = disguise(pixels.length);
  for (let index = 0; index < pixels.length; index++) {
    stack.push(pixels[index]! ^ noise[index]!, 256);
  }
}

function popPlainly(size: number, stack: BitStack): Uint8Array {
  const noise = disguise(size);
  const pixels = new Uint8Array(size);
  for (let index = size - 1; index >= 0; index--) {
    pixels[index] = stack.pop(256) ^ noise[index]!;
  }
  return pixels;
}

/** Bytes that look random, always the same: the top ones of a linear congruential generator. */
function disguise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

function groupRuns(batches: readonly number[]): Run[] {
  const runs: { batch: number; count: number }[] = [];
  for (const batch of batches) {
    const last = runs.at(-1);
    if (last?.batch === batch) {
      last.count++;
    } else {
      runs.push({ batch, count: 1 });
    }
  }
  return runs;
}
