// `emerging bench`: how fast this machine trains a model.
import type { Command } from 'commander';
import { unknownName } from '../errors.ts';
import { type TrainingTimes, timeTraining } from '../evaluation/timing.ts';
import { checkModelShape } from '../experiments/modelShape.ts';
import { type Mixing, mixings } from '../models/mixing.ts';
import { formatBytes, formatCount, formatRate } from './format.ts';
import { addEngineOptions, compileOptions, type EngineOptions, wholeNumber } from './options.ts';
import { createProgress } from './progress.ts';
import { formatTable } from './table.ts';

interface BenchTrainOptions extends EngineOptions {
  mixing: Mixing[];
  levels: number;
  depth: number;
  width: number;
  batch: number;
  size: number;
  channels: number;
  rounds: number;
  json?: true;
}

/** Adds the command `bench` to the program. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('time models on this machine');
  const train = bench
    .command('train')
    .description('time training steps and forward passes, and the matrix products in them')
    .option('--mixing <name,…>', `one or more of ${Object.keys(mixings).join(', ')}`, mixingNames, [
      'emerging',
    ])
    .option('--levels <n>', 'levels', wholeNumber(1), 3)
    .option('--depth <n>', 'steps in each level', wholeNumber(1), 8)
    .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), 512)
    .option('--batch <n>', 'images a step', wholeNumber(1), 32)
    .option('--size <n>', 'height and width of the images', wholeNumber(2), 32)
    .option('--channels <n>', 'channels of the images', wholeNumber(1), 3)
    .option('--rounds <n>', 'timed rounds', wholeNumber(1), 7)
    .option('--json', 'print the result as JSON on stdout');
  addEngineOptions(train)
    .addHelpText(
      'after',
      '\nExample:\n  emerging bench train --mixing 1x1,emerging --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1',
    )
    .action((options: BenchTrainOptions) => runBenchTrain(options));
}

async function runBenchTrain(options: BenchTrainOptions): Promise<void> {
  const { mixing: names, levels, depth, width, batch, size, channels, rounds } = options;
  const imageShape = [size, size, channels] as const;
  const model = {
    levels,
    depth,
    width,
    kernelSize: 3,
    dilation: 1,
    hiddenChannels: 96,
    learnedPrior: true,
    bits: 8,
  };
  for (const mixing of names) {
    checkModelShape({ ...model, mixing }, imageShape);
  }
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

function mixingNames(text: string): Mixing[] {
  return text.split(',').map((name) => {
    if (!Object.hasOwn(mixings, name)) {
      throw unknownName('mixing', name, Object.keys(mixings));
    }
    return name as Mixing;
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
