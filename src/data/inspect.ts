// Statistics of the pixels of images.
import { Moments } from '../core/numeric/index.ts';
import { nextTurn } from '../core/platform/index.ts';
import { batchesInOrder } from './batches.ts';
import { firstImages, type ImageSet } from './contract/dataset.ts';
import { isColourless } from './pixels/channels.ts';

/** The results of an inspection. */
export interface Inspection {
  /** The number of images inspected. */
  readonly images: number;
  /** The values of each channel. */
  readonly channels: readonly {
    readonly mean: number;
    readonly deviation: number;
    readonly least: number;
    readonly most: number;
  }[];
  /** The number of distinct values, normally 256; null if they are not 8-bit integers. */
  readonly distinctValues: number | null;
  /** Whether the three channels of every 8-bit image are equal. */
  readonly colourless: boolean;
}

const BATCH = 256;

/** Inspects the first `limit` images; `onProgress` receives the number inspected so far. */
export async function inspect(
  allImages: ImageSet,
  limit: number,
  onProgress?: (images: number) => void,
): Promise<Inspection> {
  const images = firstImages(allImages, limit);
  const [height, width, channels] = images.imageShape;
  const statistics = Array.from({ length: channels }, () => ({
    moments: new Moments(),
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
  }));
  const isEightBit = images.kind === 'uint8';
  const distinct = new Uint8Array(256);
  let colourless = isEightBit && channels === 3;
  let done = 0;
  for (const { images: batch, count } of batchesInOrder(images, BATCH)) {
    const values = batch.subarray(0, count * height * width * channels);
    statistics.forEach((channel, first) => {
      for (let index = first; index < values.length; index += channels) {
        const value = values[index]!;
        channel.moments.add(value);
        channel.least = Math.min(channel.least, value);
        channel.most = Math.max(channel.most, value);
        if (isEightBit) {
          distinct[value] = 1;
        }
      }
    });
    colourless &&= isColourless(values);
    done += count;
    onProgress?.(done);
    await nextTurn();
  }
  return {
    images: images.count,
    channels: statistics.map(({ moments: { mean, deviation }, ...range }) => ({ mean, deviation, ...range })),
    distinctValues: isEightBit ? distinct.reduce((sum, isSeen) => sum + isSeen, 0) : null,
    colourless,
  };
}
