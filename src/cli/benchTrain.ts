// `emerging bench train`: how fast this machine trains a model.
import type { Command } from 'commander';
import { type TrainingTimes, timeTraining } from '../evaluation/timeTraining.ts';
import { median } from '../evaluation/timing.ts';
import { addBenchOptions, type BenchOptions, modelOf } from './benchOptions.ts';
import { formatBytes, formatCount, formatRate } from './format.ts';
import { compileOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { formatTable } from './table.ts';

/** Adds the command `bench train`. */
export function registerBenchTrain(bench: Command): void {
  const command = bench
    .command('train')
    .description('time training steps and forward passes, and the matrix products in them');
  addBenchOptions(command, { batch: 32, rounds: 7 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging bench train --mixing 1x1,emerging --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1',
    )
    .action((options: BenchOptions) => runBenchTrain(options));
}

async function runBenchTrain(options: BenchOptions): Promise<void> {
  const { mixing: names, batch, rounds } = options;
  const { model, imageShape } = modelOf(options);
  const engine = await compileOptions(options);
  const bar = createProgress({ label: 'round', total: rounds });
  let times: TrainingTimes[];
  try {
    times = await timeTraining({
      mixings: names,
      model,
      imageShape,
      batchSize: batch,
      rounds,
      onProgress: (done) => bar.update(done),
      ...engine,
    });
  } finally {
    bar.finish();
  }
  // The peak of the whole process: with several mixings it is that of the largest.
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
  const results = times.map(({ mixing, parameters, steps, forwards, productFloor }) => ({
    mixing,
    parameters,
    imagesPerSecond: batch / median(steps),
    imagesPerSecondRange: [batch / Math.max(...steps), batch / Math.min(...steps)] as const,
    forwardImagesPerSecond: batch / median(forwards),
    forwardImagesPerSecondRange: [batch / Math.max(...forwards), batch / Math.min(...forwards)] as const,
    productShare: productFloor / median(steps),
    peakMemoryBytes,
    batch,
    rounds,
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
    return;
  }
  const range = ([low, high]: readonly [number, number]): string =>
    `(${formatRate(low)} to ${formatRate(high)})`;
  const rows = results.map((result) => [
    result.mixing,
    formatCount(result.parameters),
    `${formatRate(result.imagesPerSecond)} ${range(result.imagesPerSecondRange)}`,
    `${formatRate(result.forwardImagesPerSecond)} ${range(result.forwardImagesPerSecondRange)}`,
    `${(100 * result.productShare).toFixed(0)} %`,
    formatBytes(result.peakMemoryBytes),
  ]);
  const table = formatTable(
    [
      { title: 'MIXING' },
      { title: 'PARAMETERS', align: 'right' },
      { title: 'TRAINING, IMAGES/S', align: 'right' },
      { title: 'FORWARD, IMAGES/S', align: 'right' },
      { title: 'PRODUCTS', align: 'right' },
      { title: 'PEAK MEMORY', align: 'right' },
    ],
    rows,
  );
  process.stdout.write(`${table}\n`);
}
