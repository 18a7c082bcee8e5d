// Inspects the images of a dataset: pixel statistics and common problems.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bytesOfValues, countElements, Moments, type Values } from '../core/numeric/index.ts';
import { batchesInOrder } from './batches.ts';
import {
  type Dataset,
  firstImages,
  type ImageOfSet,
  imageOfSet,
  type Split,
  splitNames,
} from './contract/dataset.ts';
import { pixelDeviation } from './pixels/deviation.ts';

/** The values of one channel. */
interface ChannelStatistics {
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

/** An image of a dataset. */
export interface ImagePlace extends ImageOfSet {
  readonly split: Split;
}

/** Two copies of an image: the first one, and a later one. */
export type DuplicatePair = readonly [first: ImagePlace, later: ImagePlace];

/** The results of an inspection. */
export interface Inspection {
  /** The number of images inspected in each split. */
  readonly images: Readonly<Record<Split, number>>;
  /** Over the inspected training images. */
  readonly channels: readonly ChannelStatistics[];
  /** The number of distinct values in them, normally 256; null if they are not 8-bit integers. */
  readonly distinctValues: number | null;
  /** Whether the three channels of every image are equal. */
  readonly colourless: boolean;
  /** Images of a single colour. */
  readonly constant: readonly ImagePlace[];
  /** Duplicates within a split. */
  readonly duplicates: readonly DuplicatePair[];
  /** Images that are also in an earlier split, such as in both train and test. */
  readonly shared: readonly DuplicatePair[];
}

const BATCH = 256;

/** Inspects the first `limit` images of each split; `onProgress` receives the number inspected so far. */
export async function inspect(
  dataset: Dataset,
  limit: number,
  onProgress?: (images: number) => void,
): Promise<Inspection> {
  const { imageShape } = dataset;
  const imageSize = countElements(imageShape);
  const { kind } = dataset.train;
  const statistics =
    kind === 'uint8' ? new PixelStatistics(imageShape[2]) : new ValueStatistics(imageShape[2]);
  const seen = new Map<string, ImagePlace>();
  const constant: ImagePlace[] = [];
  const duplicates: DuplicatePair[] = [];
  const shared: DuplicatePair[] = [];
  let done = 0;
  for (const split of splitNames) {
    let index = 0;
    for (const { images, count } of batchesInOrder(firstImages(dataset[split], limit), BATCH)) {
      for (let position = 0; position < count; position++, index++) {
        const image = images.subarray(position * imageSize, (position + 1) * imageSize);
        const location: ImagePlace = { split, ...imageOfSet(dataset[split], index) };
        if (split === 'train') {
          statistics.add(image);
        }
        if (pixelDeviation(image, imageShape[2]) === 0) {
          constant.push(location);
        }
        const key = createHash('sha1').update(bytesOfValues(image)).digest('base64');
        const earlier = seen.get(key);
        if (earlier === undefined) {
          seen.set(key, location);
        } else {
          (earlier.split === split ? duplicates : shared).push([earlier, location]);
        }
      }
      done += count;
      onProgress?.(done);
      await nextTurn();
    }
  }
  const images = Object.fromEntries(
    splitNames.map((split) => [split, Math.min(limit, dataset[split].count)]),
  ) as Record<Split, number>;
  return { images, ...statistics.summary(), constant, duplicates, shared };
}

/** A histogram of each channel, which determines everything else exactly. */
class PixelStatistics {
  private readonly histograms: readonly Float64Array[];
  private colourless: boolean;

  constructor(channels: number) {
    this.histograms = Array.from({ length: channels }, () => new Float64Array(256));
    this.colourless = channels === 3;
  }

  add(image: Values): void {
    const channels = this.histograms.length;
    for (let channel = 0; channel < channels; channel++) {
      const histogram = this.histograms[channel]!;
      for (let index = channel; index < image.length; index += channels) {
        histogram[image[index]!]!++;
      }
    }
    for (let index = 0; this.colourless && index < image.length; index += 3) {
      this.colourless = image[index] === image[index + 1] && image[index] === image[index + 2];
    }
  }

  summary(): Pick<Inspection, 'channels' | 'distinctValues' | 'colourless'> {
    const used = Array.from({ length: 256 }, (_, value) =>
      this.histograms.some((histogram) => histogram[value]! > 0),
    );
    return {
      channels: this.histograms.map(channelStatistics),
      distinctValues: used.filter(Boolean).length,
      colourless: this.colourless,
    };
  }
}

/** The moments and the range of each channel, for values of any kind. */
class ValueStatistics {
  private readonly channels: { readonly moments: Moments; least: number; most: number }[];

  constructor(channels: number) {
    this.channels = Array.from({ length: channels }, () => ({
      moments: new Moments(),
      least: Number.POSITIVE_INFINITY,
      most: Number.NEGATIVE_INFINITY,
    }));
  }

  add(image: Values): void {
    this.channels.forEach((statistics, channel) => {
      for (let index = channel; index < image.length; index += this.channels.length) {
        const value = image[index]!;
        statistics.moments.add(value);
        statistics.least = Math.min(statistics.least, value);
        statistics.most = Math.max(statistics.most, value);
      }
    });
  }

  summary(): Pick<Inspection, 'channels' | 'distinctValues' | 'colourless'> {
    const channels = this.channels.map(({ moments: { mean, deviation }, least, most: greatest }) => ({
      mean,
      deviation,
      least,
      most: greatest,
    }));
    return { channels, distinctValues: null, colourless: false };
  }
}

function channelStatistics(histogram: Float64Array): ChannelStatistics {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const mean = histogram.reduce((sum, count, value) => sum + count * value, 0) / total;
  const variance = histogram.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
  return {
    mean,
    deviation: Math.sqrt(variance),
    least: histogram.findIndex((count) => count > 0),
    most: histogram.findLastIndex((count) => count > 0),
  };
}
