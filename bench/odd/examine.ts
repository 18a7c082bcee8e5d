// Measures how well each score finds odd images, with models of one set and seed.
import sharp from 'sharp';
import {
  type Dataset,
  type ImageSet,
  imagesInMemory,
  readAll,
  subset,
} from '../../src/data/contract/dataset.ts';
import { kolmogorovSmirnov } from '../../src/evaluation/odd/kolmogorovSmirnov.ts';
import { measureReference } from '../../src/evaluation/odd/reference.ts';
import { oddReport, type Score } from '../../src/evaluation/odd/score.ts';
import { dimensionsOf } from '../../src/numeric/imageShape.ts';
import { mean } from '../../src/numeric/statistics.ts';
import { eightBit } from '../../src/testing/eightBit.ts';
import type { FlowModel } from '../../src/trained/model/flowModel.ts';
import type { ReferenceScores } from '../../src/trained/model/referenceScores.ts';
import { isolationForest, nearestNeighbours } from './baselines.ts';
import { changed, changes } from './changes.ts';
import type { TrainedSet } from './models.ts';
import { plant } from './planted.ts';
import { type Rates, ratesOf } from './rates.ts';

/** How many images are measured. */
export interface Effort {
  /** Test images of each kind. */
  readonly images: number;
  /** Training images of the baselines. */
  readonly baseline: number;
  /** Images among which odd ones are planted. */
  readonly planted: number;
  /** Training images among which wrong labels are sought. */
  readonly labels: number;
}

/** The measurements of one set and seed. */
export interface Result {
  readonly set: string;
  readonly seed: number;
  /** Training steps, and the seconds that they took. */
  readonly steps: number;
  readonly seconds: number;
  /** The numbers of training images and of reference images. */
  readonly trained: number;
  readonly reference: number;
  /** bits/dim of its own test images. */
  readonly bitsPerDim: number;
  /** The p-value that the p-values of its own test images are uniform, and how many of these are at most 0.05. */
  readonly uniform: number;
  readonly below: number;
  /** By kind of odd images and score. */
  readonly rates: Readonly<Record<string, Readonly<Record<string, Rates>>>>;
  /** By score, how many of 20 planted images are among the first 40; only for sets with planted images. */
  readonly planted?: Readonly<Record<string, number>>;
  /** With classes: how many labels are wrong, of how many, and the share of wrong ones among the first images by `label`. */
  readonly labels?: {
    readonly images: number;
    readonly wrong: number;
    readonly precision: Readonly<Record<number, number>>;
  };
}

/** Measures every score on every kind of odd images. */
export async function examine(
  set: string,
  seed: number,
  { dataset, odd, wrong, plants, model, general, ...training }: TrainedSet,
  effort: Effort,
): Promise<Result> {
  const { imageShape } = dataset;
  const reference = await measureReference(model, dataset.validation, set, { draws: 1, seed });
  const own = eightBit(readAll(evenly(dataset.test, effort.images)));
  const kinds: Record<string, Uint8Array> = {};
  for (const [kind, others] of Object.entries(odd)) {
    kinds[kind] = eightBit(readAll(evenly(others, effort.images)));
  }
  for (const kind of Object.keys(changes)) {
    kinds[kind] = await changed(own, imageShape, kind, seed);
  }
  const planted = plants
    ? await plant(unseenFirst(dataset, effort.planted), Object.values(odd)[0]!, seed)
    : undefined;
  // All at once: a score is fitted to the reference once.
  const groups = [own, ...Object.values(kinds), ...(planted ? [planted.pixels] : [])];
  const { p, scores } = await scored(Buffer.concat(groups));
  let end = 0;
  const places = groups.map(({ length }): [number, number] => {
    const first = end;
    end += length / dimensionsOf(imageShape);
    return [first, end];
  });
  const ratesOfKind = (place: readonly [number, number]): Record<string, Rates> =>
    byScore((values) => ratesOf(values.subarray(...place), values.subarray(...places[0]!)));
  // Ranks from 1 to n + 1 are what p-values are if they are uniform.
  const count = reference.bitsPerDim.length;
  const ranks = Array.from({ length: count }, (_, rank) => (rank + 1) / (count + 1));
  const ownP = p.subarray(...places[0]!);
  return {
    set,
    seed,
    ...training,
    trained: dataset.train.count,
    reference: count,
    bitsPerDim: mean(scores['bits/dim']!.subarray(...places[0]!)),
    uniform: kolmogorovSmirnov(ownP, ranks),
    below: ownP.filter((value) => value <= 0.05).length / ownP.length,
    rates: Object.fromEntries(
      Object.keys(kinds).map((kind, index) => [kind, ratesOfKind(places[index + 1]!)]),
    ),
    ...(planted && {
      planted: byScore((values) => planted.foundAmongFirst(40, values.subarray(...places.at(-1)!))),
    }),
    ...(wrong && {
      labels: await wrongLabels(model, reference, { train: dataset.train, wrong, most: effort.labels }),
    }),
  };

  function byScore<Value>(of: (values: Float64Array) => Value): Record<string, Value> {
    return Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, of(values)]));
  }

  /** Images with their scores by name, in their order. */
  async function scored(
    pixels: Uint8Array,
  ): Promise<{ p: Float64Array; scores: Record<string, Float64Array> }> {
    const size = dimensionsOf(imageShape);
    const report = await oddReport(model, imagesInMemory(pixels, imageShape), reference, {
      seed,
      against: general,
    });
    const inOrder = [...report.images].sort((a, b) => a.index - b.index);
    const of = (value: (one: Score) => number): Float64Array => Float64Array.from(inOrder, value);
    const names = Object.keys(inOrder[0]!.scores) as (keyof Score['scores'])[];
    const png = await pngBits(pixels, imageShape);
    const known = eightBit(readAll(evenly(dataset.train, effort.baseline)));
    return {
      p: of(({ pValue }) => pValue!),
      scores: {
        ...Object.fromEntries(names.map((name) => [name, of((one) => one.scores[name]!)])),
        'bits/dim': of(({ bitsPerDim }) => bitsPerDim),
        'bits − PNG': of(({ bitsPerDim, index }) => bitsPerDim - png[index]!),
        'isolation forest': isolationForest(known, size, seed)(pixels, size),
        'nearest neighbours': nearestNeighbours(known, size)(pixels, size),
      },
    };
  }
}

/** How many wrong labels are among the images that the score `label` ranks first. */
async function wrongLabels(
  model: FlowModel,
  reference: ReferenceScores,
  { train, wrong, most }: { train: ImageSet; wrong: ReadonlySet<number>; most: number },
): Promise<NonNullable<Result['labels']>> {
  const places = evenPlaces(train.count, most);
  const isWrong = places.map((place) => wrong.has(place));
  const { images } = await oddReport(model, subset(train, places), reference, { score: 'label' });
  const all = isWrong.filter(Boolean).length;
  const precision = [10, 50, all].map((first) => [
    first,
    images.slice(0, first).filter(({ index }) => isWrong[index]).length / first,
  ]);
  return { images: places.length, wrong: all, precision: Object.fromEntries(precision) };
}

/** At most so many images, at even distances. */
function evenly(images: ImageSet, most: number): ImageSet {
  return subset(images, evenPlaces(images.count, most));
}

function evenPlaces(count: number, most: number): number[] {
  const chosen = Math.min(most, count);
  return Array.from({ length: chosen }, (_, place) => Math.floor((place * count) / chosen));
}

/** Test images, and training images if there are too few. */
function unseenFirst({ test, train, imageShape }: Dataset, count: number): ImageSet {
  const [unseen, more] = [evenly(test, count), evenly(train, Math.max(0, count - test.count))];
  const pixels = new Uint8Array((unseen.count + more.count) * dimensionsOf(imageShape));
  pixels.set(eightBit(readAll(unseen)));
  pixels.set(eightBit(readAll(more)), unseen.count * dimensionsOf(imageShape));
  return imagesInMemory(pixels, imageShape);
}

/** The bits per value of each image as a PNG file, filtered and compressed as well as zlib can. */
async function pngBits(
  pixels: Uint8Array,
  [height, width, channels]: Dataset['imageShape'],
): Promise<number[]> {
  const size = height * width * channels;
  const bits: number[] = [];
  for (let first = 0; first < pixels.length; first += size) {
    const raw = { width, height, channels: channels as 1 | 3 };
    const png = sharp(pixels.slice(first, first + size), { raw }).png({
      compressionLevel: 9,
      adaptiveFiltering: true,
    });
    bits.push((8 * (await png.toBuffer()).length) / size);
  }
  return bits;
}
