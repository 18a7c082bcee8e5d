// The MNIST digits included with the page.
import { type OpenedImages, openImages } from 'emerging-flows/data';
import type { Call } from './calls.ts';
import { DIGITS_FILE } from './digits.ts';
import type { Images } from './tasks.ts';

/** A range of digits: training images, or test images, which no model has seen. */
export interface DigitsOrder {
  readonly url: string;
  readonly split: 'train' | 'test';
  /** The index of the first; the range is cut at the end of the split. */
  readonly from: number;
  readonly count: number;
}

/** Kept open, because more digits are usually requested. */
let opened: Promise<OpenedImages> | undefined;

/** The tasks, by name. */
export const digitTasks = {
  /** Some of the digits. */
  async digits({ url, split, from, count }: DigitsOrder, { report, signal }: Call): Promise<Images> {
    opened ??= openImages(url, {
      name: DIGITS_FILE,
      // Keep all training digits in one split, so that indices are stable.
      validation: 0,
      onProgress: (done, total) => report({ done, total, doing: 'Loading the digits' }),
    });
    const loading = opened;
    let images: OpenedImages;
    try {
      images = await loading;
    } catch (error) {
      // Lets the next call retry.
      opened = opened === loading ? undefined : opened;
      throw error;
    }
    signal.throwIfAborted();
    const { count: all, imageShape: shape } = images[split];
    const indices = Array.from({ length: Math.max(0, Math.min(count, all - from)) }, (_, n) => from + n);
    const pixels = new Uint8Array(indices.length * shape[0] * shape[1] * shape[2]);
    images[split].read(indices, pixels);
    return { pixels, shape };
  },
};
