// `emerging bench data`: how fast training batches are made, beside how fast models take them.
import type { Command } from 'commander';
import { type AugmentationName, augmentations } from '../data/pixels/augment.ts';
import { openDataset } from '../data/registry.ts';
import { median, secondsOf } from '../evaluation/timing/timing.ts';
import { showImageShape } from '../numeric/imageShape.ts';
import { BatchLoader } from '../training/batchLoader.ts';
import { augmentationList } from './augmentationList.ts';
import { wholeNumber } from './options.ts';
import { formatBytes, formatRate } from './terminal/format.ts';
import { createProgress } from './terminal/progress.ts';

interface BenchDataOptions {
  readonly data: string;
  readonly augment: readonly AugmentationName[];
  readonly batch: number;
  readonly steps: number;
  readonly rounds: number;
  readonly json?: true;
}

/** Adds the command `bench data`. */
export function registerBenchData(bench: Command): void {
  bench
    .command('data')
    .description('time the batches of a dataset: read, varied, with their noise')
    .option('--data <name|path>', 'the dataset', 'mnist')
    .option(
      '--augment <name,…>',
      `how they are varied: ${Object.keys(augmentations).join(', ')}`,
      augmentationList,
      [],
    )
    .option('--batch <n>', 'images at a time', wholeNumber(1), 64)
    .option('--steps <n>', 'batches in a round', wholeNumber(1), 100)
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), 7)
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText('after', '\nExample:\n  emerging bench data --data mnist --augment shift,flip')
    .action((options: BenchDataOptions) => runBenchData(options));
}

async function runBenchData({ data, augment, batch, steps, rounds, json }: BenchDataOptions): Promise<void> {
  const { train, imageShape } = await openDataset(data, { validation: 0 });
  const loader = new BatchLoader(train, { batchSize: batch, seed: 0, bits: 8, augment });
  const bar = createProgress({ label: 'round', total: rounds });
  const seconds: number[] = [];
  const resident: number[] = [];
  try {
    for (let round = -1; round < rounds; round++) {
      const taken = await secondsOf(() => {
        for (let step = 0; step < steps; step++) {
          loader.at((round + 1) * steps + step);
        }
      });
      // The first warms up the compiler.
      if (round >= 0) {
        seconds.push(taken);
        resident.push(process.memoryUsage.rss());
      }
      bar.update(Math.max(0, round + 1));
    }
  } finally {
    bar.finish();
  }
  const result = {
    data,
    imageShape,
    images: train.count,
    augment,
    batch,
    imagesPerSecond: (steps * batch) / median(seconds),
    imagesPerSecondRange: [(steps * batch) / Math.max(...seconds), (steps * batch) / Math.min(...seconds)],
    millisecondsPerBatch: (1000 * median(seconds)) / steps,
    memoryBytes: { first: resident[0]!, last: resident.at(-1)! },
  };
  const [low, high] = result.imagesPerSecondRange as [number, number];
  process.stdout.write(
    json
      ? `${JSON.stringify(result)}\n`
      : `${formatRate(result.imagesPerSecond)} images/s (${formatRate(low)} to ${formatRate(high)}) of ${showImageShape(imageShape)}, ` +
          `${result.millisecondsPerBatch.toFixed(2)} ms a batch of ${batch}; memory ${formatBytes(result.memoryBytes.first)} after the first round, ` +
          `${formatBytes(result.memoryBytes.last)} after the last\n`,
  );
}
