// How well each score finds odd images: AUC, where 0.5 is chance and 1 is perfect, for the test images of two datasets.
//
//   npx tsx bench/odd.ts
//   npx tsx bench/odd.ts --seeds 3 data/emoji-32.images data/icons-32.images
//
// Trains a small model on each of the two datasets, and prints a table: the scores of `emerging score` and two methods on
// pixels without a flow, for the other dataset's images and for images that are changed. A second table has ten kinds of
// intruders; the validation images contain a few of them too. Means over the seeds. Some minutes for each model.
import { Command } from 'commander';
import { wholeNumber } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { DEFAULT_PRESET } from '../src/app/cli/training/preparedRun.ts';
import { UserError } from '../src/core/errors.ts';
import { countDimensions } from '../src/core/numeric/arrays.ts';
import { mean } from '../src/core/numeric/statistics.ts';
import {
  type Dataset,
  evenlySpread,
  type ImageSet,
  imagesInMemory,
  readAll,
  subset,
} from '../src/data/contract/dataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { markdownTable } from '../src/model/card/reportText.ts';
import type { FlowModel } from '../src/model/flowModel.ts';
import { resolveConfig } from '../src/runs/settings/resolve.ts';
import { eightBit } from '../src/testing/eightBit.ts';
import { measureReference } from '../src/uses/odd/reference.ts';
import { score } from '../src/uses/odd/score.ts';
import { areaUnderCurve } from './odd/areaUnderCurve.ts';
import { isolationForest, nearestNeighbours } from './odd/baselines.ts';
import { changed, changes } from './odd/changes.ts';
import { intrudersFirst, plantedCounts } from './odd/intruders.ts';
import { trainModel } from './shared/trainModel.ts';

/** Half the quick start's width, affine couplings and Adamax. */
const small = [
  ...['model.depth=3', 'model.conditioner.width=32', 'model.coupling=affine'],
  ...['model.checkerboard=2', 'model.checkerboardWidth=16'],
  ...['training.optimizer=adamax', 'training.optimizer.biasCorrection=standard'],
  ...['training.learningRate=0.01', 'training.batchSize=16'],
];

/** The training images of the methods without a flow. */
const BASELINE_IMAGES = 1000;

type OptionName = 'steps' | 'images' | 'seeds' | 'threads';

/** AUC by score, for each kind of odd images. */
type Results = Readonly<Record<string, Readonly<Record<string, number>>>>;

const command = new Command('odd')
  .argument('[datasets...]', 'two datasets with images of one shape', ['mnist', 'fashion-mnist'])
  .option('--steps <n>', 'training steps', wholeNumber(1), 800)
  .option('--images <n>', 'test images of each kind', wholeNumber(1), 400)
  .option('--seeds <n>', 'models of each dataset', wholeNumber(1), 1)
  .option('--threads <n>', 'threads', wholeNumber(1), 2)
  .parse();
const { steps, images: count, seeds, threads } = command.opts<Record<OptionName, number>>();

try {
  const [first, second, ...more] = await Promise.all(
    (command.processedArgs[0] as string[]).map((name) => openDataset(name, { validation: 'auto' })),
  );
  if (first === undefined || second === undefined || more.length > 0) {
    throw new UserError('invalid-argument', 'name two datasets');
  }
  const rows: string[][] = [];
  const intruderRows: string[][] = [];
  let scoreNames: readonly string[] = [];
  for (const [dataset, otherDataset] of [[first, second] as const, [second, first] as const]) {
    const results: Results[] = [];
    const intruders: number[][] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const { rates, first } = await examine(dataset, otherDataset, seed);
      results.push(rates);
      intruders.push(first);
    }
    const firstText = plantedCounts.map((_, index) => mean(intruders.map((each) => each[index]!)).toFixed(1));
    intruderRows.push([dataset.name, ...firstText]);
    for (const [kind, scores] of Object.entries(results[0]!)) {
      scoreNames = Object.keys(scores);
      const means = scoreNames.map((score) => mean(results.map((result) => result[kind]![score]!)));
      rows.push([`${dataset.name} → ${kind}`, ...means.map((value) => value.toFixed(3))]);
    }
  }
  const titles = ['trained on → odd', ...scoreNames];
  process.stdout.write(`${markdownTable(titles, rows)}\n\n`);
  const intruderTitles = ['trained on', ...plantedCounts.map((planted) => `${planted} planted`)];
  process.stdout.write(`${markdownTable(intruderTitles, intruderRows)}\n`);
} catch (error) {
  process.exitCode = reportFailure(error);
}

/** Trains a model and measures every score on every kind of odd images, and which of ten intruders are among the first. */
async function examine(
  dataset: Dataset,
  other: Dataset,
  seed: number,
): Promise<{ rates: Results; first: number[] }> {
  const set = [...small, `training.steps=${steps}`, `seed=${seed}`];
  const config = resolveConfig({ preset: DEFAULT_PRESET, set });
  const model = await trainModel(`${dataset.name} ${seed}`, dataset, config, threads);
  const test = spreadPixels(dataset.test, count);
  const kinds: Record<string, Uint8Array> = { [other.name]: spreadPixels(other.test, count) };
  for (const kind of Object.keys(changes)) {
    kinds[kind] = await changed(test, dataset.imageShape, kind, seed);
  }
  // All at once: a score is fitted to the reference once.
  const groups = [test, ...Object.values(kinds)];
  const scores = await scoreAll(model, dataset, Buffer.concat(groups), seed);
  const validation = spreadPixels(dataset.validation, count);
  const first = await intrudersFirst(model, { validation, test, others: kinds[other.name]! }, seed);
  await model.release();
  const size = countDimensions(dataset.imageShape);
  let end = 0;
  const ranges = groups.map(({ length }) => {
    const start = end;
    end += length / size;
    return [start, end] as const;
  });
  const ratesIn = (range: readonly [number, number]) =>
    Object.fromEntries(
      Object.entries(scores).map(([name, values]) => [
        name,
        areaUnderCurve(values.subarray(...range), values.subarray(...ranges[0]!)),
      ]),
    );
  const rates = Object.fromEntries(
    Object.keys(kinds).map((kind, index) => [kind, ratesIn(ranges[index + 1]!)]),
  );
  return { rates, first };
}

/** The scores of images by name, in the order of the images. */
async function scoreAll(
  model: FlowModel,
  { validation, train, imageShape, name }: Dataset,
  pixels: Uint8Array,
  seed: number,
): Promise<Record<string, Float64Array>> {
  const size = countDimensions(imageShape);
  const reference = await measureReference(model, validation, name, { draws: 1, seed });
  const { scores, by } = await score(model, imagesInMemory(pixels, imageShape), { reference, seed });
  const trainPixels = spreadPixels(train, BASELINE_IMAGES);
  return {
    ...Object.fromEntries(scores.map((each) => [each, by(each).values])),
    'isolation forest': isolationForest(trainPixels, size, seed)(pixels),
    'nearest neighbours': nearestNeighbours(trainPixels, size)(pixels),
  };
}

/** The pixels of up to a given number of images, evenly spread. */
function spreadPixels(images: ImageSet, limit: number): Uint8Array {
  const indices = evenlySpread(Math.min(limit, images.count), images.count);
  return eightBit(readAll(subset(images, indices)));
}
