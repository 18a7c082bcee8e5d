// `emerging bench data`: times the preparation of training batches.
import type { Command } from 'commander';
import { anyModel } from '../../benchmarks/benchModel.ts';
import { imagesPerSecond } from '../../benchmarks/figures.ts';
import { timeBatches } from '../../benchmarks/timeBatches.ts';
import { measureInTurn } from '../../benchmarks/timing.ts';
import { type AugmentationName, augmentations } from '../../data/pixels/augment.ts';
import { openDataset } from '../../data/registry.ts';
import { datasetRecords } from '../../data/sets/records.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import { BatchLoader } from '../../training/step/batchLoader.ts';
import { augmentationList } from '../parts/augmentationList.ts';
import { wholeNumber } from '../parts/options.ts';
import { formatBytes, formatRate } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progressBars.ts';

interface BenchDataOptions {
  readonly data: string;
  readonly augment?: readonly AugmentationName[];
  readonly batch: number;
  readonly steps: number;
  readonly rounds: number;
  readonly json?: true;
}

/** The first round warms up the compiler. */
const WARM_UP = 1;

/** Adds the command `bench data`. */
export function registerBenchData(bench: Command): void {
  bench
    .command('data')
    .description('time the preparation of training batches: reading, augmentation, noise')
    .option('--data <name|path>', 'the dataset', datasetRecords.mnist.name)
    .option('--augment <name,…>', `augmentations: ${Object.keys(augmentations).join(', ')}`, augmentationList)
    .option('--batch <n>', 'images per batch', wholeNumber(1), 64)
    .option('--steps <n>', 'batches per round', wholeNumber(1), 100)
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), 7)
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText('after', '\nExample:\n  emerging bench data --data mnist --augment shift,flip')
    .action((options: BenchDataOptions) => runBenchData(options));
}

async function runBenchData({
  data,
  augment = [],
  batch,
  steps,
  rounds,
  json,
}: BenchDataOptions): Promise<void> {
  const { train, imageShape } = await openDataset(data, { validation: 0 });
  const loader = new BatchLoader(train, { batchSize: batch, seed: 0, model: anyModel, augment });
  const rows = await withProgress(async (show) => {
    const measure = (round: number) => ({
      ...timeBatches(loader, round * steps, steps),
      resident: process.memoryUsage.rss(),
    });
    const onRound = (done: number): void => show('round', done - WARM_UP, rounds);
    const [measured] = await measureInTurn([measure], { warmUp: WARM_UP, rounds, onRound });
    return measured!;
  });
  const rate = imagesPerSecond(
    steps * batch,
    rows.map(({ seconds }) => seconds),
  );
  const result = {
    data,
    imageShape,
    images: train.count,
    augment,
    batch,
    imagesPerSecond: rate.median,
    imagesPerSecondRange: rate.range,
    millisecondsPerBatch: (1000 * batch) / rate.median,
    memoryBytes: { first: rows[0]!.resident, last: rows.at(-1)!.resident },
  };
  const [low, high] = rate.range;
  writeStdout(
    json
      ? `${JSON.stringify(result)}\n`
      : `${formatRate(rate.median)} images/s (${formatRate(low)} to ${formatRate(high)}) of ${showImageShape(imageShape)}, ` +
          `${result.millisecondsPerBatch.toFixed(2)} ms per batch of ${batch}; memory ${formatBytes(result.memoryBytes.first)} after the first round, ` +
          `${formatBytes(result.memoryBytes.last)} after the last\n`,
  );
}
