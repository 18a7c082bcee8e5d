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
  /** The images that were trained on, and those of the reference. */
  readonly trained: number;
  readonly reference: number;
  /** bits/dim of its own test images. */
  readonly bitsPerDim: number;
  /** The p-value that the p-values of its own test images are uniform, and how many of these are at most 0.05. */
  readonly uniform: number;
  readonly below: number;
  /** By kind of odd images and score. */
  readonly rates: Readonly<Record<string, Readonly<Record<string, Rates>>>>;
  /** By score, how many of 20 planted images are among the first 40. */
  readonly planted: Readonly<Record<string, number>>;
  /** With classes: how many labels are wrong, of how many, and the share of wrong ones among the first images by `label`. */
  readonly labels?: {
    readonly images: number;
    readonly wrong: number;
    readonly precision: Readonly<Record<number, number>>;
  };
}

/** Images with their scores by name, in their order. */
interface Scored {
  readonly scores: Readonly<Record<string, Float64Array>>;
  readonly p: Float64Array;
}

/** Measures every score on every kind of odd images. */
export async function examine(
  set: string,
  seed: number,
  { dataset, odd, wrong, model, general, ...training }: TrainedSet,
  effort: Effort,
): Promise<Result> {
  const { imageShape } = dataset;
  const size = dimensionsOf(imageShape);
  const reference = await measureReference(model, dataset.validation, set, { draws: 1, seed });
  const known = readAll(evenly(dataset.train, effort.baseline));
  const baselines = {
    'isolation forest': isolationForest(known, size, seed),
    'nearest neighbours': nearestNeighbours(known, size),
  };
  const scored = async (pixels: Uint8Array): Promise<Scored> => {
    const images = imagesInMemory(pixels, imageShape);
    const report = await oddReport(model, images, reference, { seed, against: general });
    const inOrder = [...report.images].sort((a, b) => a.index - b.index);
    const of = (value: (one: Score) => number): Float64Array => Float64Array.from(inOrder, value);
    const names = Object.keys(inOrder[0]!.scores) as (keyof Score['scores'])[];
    const png = await pngBits(pixels, imageShape);
    return {
      scores: {
        ...Object.fromEntries(names.map((name) => [name, of(({ scores }) => scores[name]!)])),
        'bits/dim': of(({ bitsPerDim }) => bitsPerDim),
        'bits − PNG': of(({ bitsPerDim, index }) => bitsPerDim - png[index]!),
        ...Object.fromEntries(Object.entries(baselines).map(([name, score]) => [name, score(pixels, size)])),
      },
      p: of(({ pValue }) => pValue!),
    };
  };
  const ownPixels = readAll(evenly(dataset.test, effort.images));
  const own = await scored(ownPixels);
  const rates: Record<string, Record<string, Rates>> = {};
  const compare = async (kind: string, pixels: Uint8Array): Promise<void> => {
    const { scores } = await scored(pixels);
    rates[kind] = Object.fromEntries(
      Object.entries(scores).map(([name, values]) => [name, ratesOf(values, own.scores[name]!)]),
    );
    const shown = Object.entries(rates[kind]).map(([name, { auc }]) => `${name} ${auc.toFixed(3)}`);
    process.stderr.write(`${set} ${seed}, ${kind}: ${shown.join(', ')}\n`);
  };
  for (const [kind, others] of Object.entries(odd)) {
    await compare(kind, readAll(evenly(others, effort.images)));
  }
  for (const name of Object.keys(changes)) {
    await compare(name, await changed(ownPixels, imageShape, name, seed));
  }
  const planted = await plant(unseenFirst(dataset, effort.planted), Object.values(odd)[0]!, seed);
  const { scores } = await scored(planted.pixels);
  // Ranks from 1 to n + 1 are what p-values are if they are uniform.
  const count = reference.bitsPerDim.length;
  const ranks = Array.from({ length: count }, (_, rank) => (rank + 1) / (count + 1));
  return {
    set,
    seed,
    ...training,
    trained: dataset.train.count,
    reference: count,
    bitsPerDim: own.scores['bits/dim']!.reduce((sum, one) => sum + one, 0) / own.p.length,
    uniform: kolmogorovSmirnov(own.p, ranks),
    below: own.p.filter((value) => value <= 0.05).length / own.p.length,
    rates,
    planted: Object.fromEntries(
      Object.entries(scores).map(([name, values]) => [name, planted.foundAmongFirst(40, values)]),
    ),
    ...(wrong && {
      labels: await wrongLabels(model, reference, { train: dataset.train, wrong, most: effort.labels }),
    }),
  };
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
  pixels.set(readAll(unseen));
  pixels.set(readAll(more), unseen.count * dimensionsOf(imageShape));
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
