// Trains a model of one set, and measures how well each score finds odd images.
import sharp from 'sharp';
import {
  type Dataset,
  type ImageSet,
  imagesInMemory,
  readAll,
  subset,
} from '../../src/data/contract/dataset.ts';
import { uniformity } from '../../src/evaluation/odd/kolmogorovSmirnov.ts';
import { measureReference } from '../../src/evaluation/odd/reference.ts';
import { oddReport, type Score } from '../../src/evaluation/odd/score.ts';
import { resolveConfig } from '../../src/experiments/resolve.ts';
import { dimensionsOf } from '../../src/numeric/imageShape.ts';
import { RandomStream } from '../../src/numeric/random.ts';
import { startRun } from '../../src/runs/open/run.node.ts';
import { memoryFiles } from '../../src/storage/memoryFiles.ts';
import { FlowModel } from '../../src/trained/model/flowModel.ts';
import { trainedModel } from '../../src/trained/model/trainedModel.ts';
import { train } from '../../src/training/loop/train.ts';
import { isolationForest, nearestNeighbours } from './baselines.ts';
import { changed, changes } from './changes.ts';
import { plant } from './planted.ts';
import { type Rates, ratesOf } from './rates.ts';
import type { OpenedSet } from './sets.ts';

/** How models are trained and measured. */
export interface Effort {
  /** Settings that differ from the quick start's. */
  readonly set: readonly string[];
  /** Test images of each kind. */
  readonly images: number;
  /** Training images of the baselines. */
  readonly baseline: number;
  readonly threads: number;
}

/** The measurements of one set and seed. */
export interface Result {
  readonly set: string;
  readonly seed: number;
  readonly seconds: number;
  /** bits/dim of its own test images. */
  readonly bitsPerDim: number;
  /** The p-value that the p-values of its own test images are uniform. */
  readonly uniform: number;
  /** By kind of odd images and score. */
  readonly rates: Readonly<Record<string, Readonly<Record<string, Rates>>>>;
  /** By score, how many of 20 planted images are among the first 40. */
  readonly planted: Readonly<Record<string, number>>;
}

/** Scores of images by the name of the score, in the order of the images. */
type Scored = Readonly<Record<string, Float64Array>>;

/** Trains on a set with a seed, and measures every score on every kind of odd images. */
export async function examine(
  set: string,
  seed: number,
  { dataset, odd }: OpenedSet,
  effort: Effort,
): Promise<Result> {
  const begin = performance.now();
  const { images, threads, baseline } = effort;
  const { imageShape } = dataset;
  const model = await trained(dataset, seed, effort);
  // Ren and others: the second model has learned the same images with a fifth of their pixels replaced.
  const general = await trained({ ...dataset, train: mutated(dataset.train, seed) }, seed, effort);
  const reference = await measureReference(model, dataset.validation, set, { draws: 1, seed });
  const known = readAll(evenly(dataset.train, baseline));
  const size = dimensionsOf(imageShape);
  const [forest, neighbours] = [isolationForest(known, size, seed), nearestNeighbours(known, size)];
  const scored = async (pixels: Uint8Array): Promise<{ scores: Scored; p: Float64Array; bits: number }> => {
    const report = await oddReport(model, imagesInMemory(pixels, imageShape), reference, {
      seed,
      against: general,
    });
    const inOrder = [...report.images].sort((a, b) => a.index - b.index);
    const of = (value: (one: Score) => number): Float64Array => Float64Array.from(inOrder, value);
    const png = await pngBits(pixels, imageShape);
    return {
      scores: {
        ...Object.fromEntries(
          Object.keys(inOrder[0]!.scores).map((name) => [
            name,
            of(({ scores }) => scores[name as keyof Score['scores']]!),
          ]),
        ),
        'bits/dim': of(({ bitsPerDim }) => bitsPerDim),
        'bits − PNG': of(({ bitsPerDim, index }) => bitsPerDim - png[index]!),
        'isolation forest': forest(pixels, size),
        'nearest neighbours': neighbours(pixels, size),
      },
      p: of(({ pValue }) => pValue!),
      bits: of(({ bitsPerDim }) => bitsPerDim).reduce((sum, one) => sum + one, 0) / inOrder.length,
    };
  };
  const ownPixels = readAll(evenly(dataset.test, images));
  const own = await scored(ownPixels);
  const rates: Record<string, Record<string, Rates>> = {};
  const compare = async (kind: string, pixels: Uint8Array): Promise<void> => {
    const { scores } = await scored(pixels);
    rates[kind] = Object.fromEntries(
      Object.entries(scores).map(([name, values]) => [name, ratesOf(values, own.scores[name]!)]),
    );
    process.stderr.write(
      `${set} ${seed}, ${kind}: ${Object.entries(rates[kind])
        .map(([name, { auc }]) => `${name} ${auc.toFixed(3)}`)
        .join(', ')}\n`,
    );
  };
  for (const [kind, others] of Object.entries(odd)) {
    await compare(kind, readAll(evenly(others, images)));
  }
  for (const name of Object.keys(changes)) {
    await compare(name, await changed(ownPixels, imageShape, name, seed));
  }
  const planted = await plant(evenly(dataset.test, 2480), Object.values(odd)[0]!, seed);
  const { scores } = await scored(planted.pixels);
  await Promise.all([model, general].map((one) => one.release()));
  return {
    set,
    seed,
    seconds: Math.round((performance.now() - begin) / 1000),
    bitsPerDim: own.bits,
    uniform: uniformity(own.p),
    rates,
    planted: Object.fromEntries(
      Object.entries(scores).map(([name, values]) => [name, planted.foundAmongFirst(40, values)]),
    ),
  };

  async function trained(images: Dataset, number: number, { set: settings }: Effort): Promise<FlowModel> {
    const config = resolveConfig({ preset: 'mnist-quickstart', set: [...settings, `seed=${number}`] });
    const run = await startRun(config, memoryFiles(set), { dataset: images });
    const ended = await train({ ...run, threads, workers: threads });
    return new FlowModel(trainedModel(ended.model, ended.state, 'average'), { threads });
  }
}

/** At most so many images, at even distances. */
function evenly(images: ImageSet, most: number): ImageSet {
  const count = Math.min(most, images.count);
  return subset(
    images,
    Array.from({ length: count }, (_, place) => Math.floor((place * images.count) / count)),
  );
}

/** Images with a fifth of their values replaced by random ones, always the same for an image. */
function mutated(images: ImageSet, seed: number): ImageSet {
  const { count, imageShape } = images;
  const size = dimensionsOf(imageShape);
  return {
    count,
    imageShape,
    read(indices, out) {
      images.read(indices, out);
      for (let place = 0; place < indices.length; place++) {
        const random = new RandomStream(seed, 'mutated', indices[place]!);
        for (let value = 0; value < size; value++) {
          if (random.uniform() < 0.2) {
            out[place * size + value] = random.integer(256);
          }
        }
      }
    },
  };
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
