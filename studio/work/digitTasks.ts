// Digits of MNIST to look at, from the file that comes with the page.
import { type OpenedImages, openImages } from 'emerging-flows/data';
import type { Call } from './calls.ts';
import { DIGITS_FILE } from './digits.ts';
import type { Images } from './tasks.ts';

/** Which digits: some of those to train on, or of the test images, which no model has seen. */
export interface DigitsOrder {
  readonly url: string;
  readonly split: 'train' | 'test';
  /** Their numbers in the split, from 0; beyond its end there are none. */
  readonly from: number;
  readonly count: number;
}

/** The file is kept once it is open: who looks at one digit looks at others. */
let opened: Promise<OpenedImages> | undefined;

/** The tasks, by name. */
export const digitTasks = {
  /** Some of the digits. */
  async digits({ url, split, from, count }: DigitsOrder, { report, signal }: Call): Promise<Images> {
    opened ??= openImages(url, {
      name: DIGITS_FILE,
      // All digits to train on, by their numbers.
      validation: 0,
      onProgress: (done, total) => report({ done, total, doing: 'Loading the digits' }),
    });
    const loading = opened;
    let images: OpenedImages;
    try {
      images = await loading;
    } catch (error) {
      // The next call tries it again.
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
