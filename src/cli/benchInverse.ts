// `emerging bench inverse`: how fast and how exactly each mixing's layer is undone.
import type { Command } from 'commander';
import { type InverseTimes, timeInverses } from '../evaluation/timeInverse.ts';
import { type ImageShape, showImageShape } from '../numeric/imageShape.ts';
import { addBenchOptions, type BenchOptions, modelOf } from './benchOptions.ts';
import { compileOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { formatTable } from './table.ts';

/** Adds the command `bench inverse`. */
export function registerBenchInverse(bench: Command): void {
  const command = bench
    .command('inverse')
    .description("time the inverse of each mixing's layer at the shape of every level");
  addBenchOptions(command, { batch: 64, rounds: 9 })
    .addHelpText('after', '\nExample:\n  emerging bench inverse --mixing 1x1,emerging,periodic')
    .action((options: BenchOptions) => runBenchInverse(options));
}

async function runBenchInverse(options: BenchOptions): Promise<void> {
  const { mixing: names, batch, rounds, levels, kernelSize } = options;
  const { imageShape } = modelOf(options);
  const shapes = levelShapes(imageShape, levels);
  const engine = await compileOptions(options);
  const bar = createProgress({ label: 'layer', total: names.length * shapes.length });
  let times: InverseTimes[];
  try {
    times = await timeInverses({
      mixings: names,
      kernelSize,
      shapes,
      batchSize: batch,
      rounds,
      onProgress: (done) => bar.update(done),
      ...engine,
    });
  } finally {
    bar.finish();
  }
  if (options.json) {
    const list = times.map(({ shape, ...rest }) => ({ ...rest, shape: showImageShape(shape) }));
    process.stdout.write(`${JSON.stringify(list)}\n`);
    return;
  }
  const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(2);
  const rows = times.map(({ mixing, shape, method, seconds, forwardSeconds, error }) => [
    mixing,
    showImageShape(shape),
    method,
    milliseconds(seconds),
    milliseconds(forwardSeconds),
    error.toExponential(1),
  ]);
  const table = formatTable(
    [
      { title: 'MIXING' },
      { title: 'SHAPE' },
      { title: 'METHOD' },
      { title: 'INVERSE, MS', align: 'right' },
      { title: 'FORWARD, MS', align: 'right' },
      { title: 'ERROR', align: 'right' },
    ],
    rows,
  );
  process.stdout.write(`${table}\n\nbatch ${batch}, medians of ${rounds} rounds\n`);
}

/** The shapes of the images that reach the steps of each level. */
function levelShapes([height, width, channels]: ImageShape, levels: number): ImageShape[] {
  return Array.from({ length: levels }, (_, level) => [
    height / 2 ** (level + 1),
    width / 2 ** (level + 1),
    // Squeezing gives four times as many, and a split lets half of them go.
    4 * channels * 2 ** level,
  ]);
}
