// `emerging bench train`: how fast this machine trains a model.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { trainingFigures } from '../../bench/figures.ts';
import { stepParts, type TrainingTimes, timeTraining } from '../../bench/timeTraining.ts';
import type { OperatorTime } from '../../engine/profile.node.ts';
import { addBenchOptions, type BenchOptions, modelOf } from '../bench/benchOptions.ts';
import { addStepOptions, compileOptions, type StepOptions } from '../options.ts';
import {
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatRate,
  formatSpread,
} from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progressBars.ts';
import { formatTable } from '../terminal/table.ts';

interface BenchTrainOptions extends BenchOptions, StepOptions {
  products: boolean;
}

const help = `
What is printed:
  training, images/s   full steps: a batch and its noise, forward, backward, update; median and range
  forward, images/s    log-likelihoods with frozen weights
  products             the share of a step that its matrix products alone would take, each at its best rate
  peak memory          of the process, with the models of all mixings
  a step, ms           medians of its parts: the batch, its gradients, the update of the weights
  operator             where the gradients spend the time of one worker; each node is timed, which adds to it

Example:
  emerging bench train --mixing 1x1,emerging --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1`;

/** Adds the command `bench train`. */
export function registerBenchTrain(bench: Command): void {
  const command = bench
    .command('train')
    .description('time training steps and forward passes, and the matrix products in them');
  addStepOptions(addBenchOptions(command, { batch: 32, rounds: 7 }))
    .option('--no-products', 'leave out the matrix products on their own and the operators of a step')
    .addHelpText('after', help)
    .action((options: BenchTrainOptions) => runBenchTrain(options));
}

async function runBenchTrain(options: BenchTrainOptions): Promise<void> {
  const { mixing: names, batch, rounds } = options;
  const { model, imageShape } = modelOf(options);
  const engine = await compileOptions(options);
  const times = await withProgress((show) =>
    timeTraining({
      mixings: names,
      model,
      imageShape,
      batchSize: batch,
      rounds,
      activations: options.activations,
      workers: options.workers,
      products: options.products,
      onProgress: show,
      ...engine,
    }),
  );
  const results = times.map((each) => ({
    ...trainingFigures(each, batch),
    ...measuredModel(options),
    batch,
    rounds,
  }));
  if (options.json) {
    writeStdout(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
    return;
  }
  const rows = results.map((result) => [
    result.mixing,
    formatCount(result.parameters),
    formatSpread(result.imagesPerSecond, result.imagesPerSecondRange, formatRate),
    formatSpread(result.forwardImagesPerSecond, result.forwardImagesPerSecondRange, formatRate),
    result.productShare === null ? '-' : `${(100 * result.productShare).toFixed(0)} %`,
    formatBytes(result.peakMemoryBytes),
    result.activations === 'keep' ? 'kept' : 'recomputed',
    String(result.workers),
  ]);
  const table = formatTable(
    [
      { title: 'MIXING' },
      { title: 'PARAMETERS', align: 'right' },
      { title: 'TRAINING, IMAGES/S', align: 'right' },
      { title: 'FORWARD, IMAGES/S', align: 'right' },
      { title: 'PRODUCTS', align: 'right' },
      { title: 'PEAK MEMORY', align: 'right' },
      { title: 'ACTIVATIONS' },
      { title: 'WORKERS', align: 'right' },
    ],
    rows,
  );
  writeStdout(`${table}\n`);
  writeStdout(`\n${partsTable(results)}\n`);
  for (const result of options.products ? results : []) {
    writeStdout(`\n${operatorTable(result.mixing, result.operators)}\n`);
  }
}

/** What a result is of, so that two can be told apart. */
function measuredModel(options: BenchTrainOptions) {
  const { levels, depth, width, kernelSize, size, channels, device, threads } = options;
  return {
    levels,
    depth,
    width,
    kernelSize,
    size,
    channels,
    device,
    threads: threads ?? availableParallelism(),
  };
}

/** What the parts of a step take, in milliseconds. */
function partsTable(results: readonly Pick<TrainingTimes, 'mixing' | 'parts'>[]): string {
  return formatTable(
    [
      { title: 'A STEP, MS' },
      ...stepParts.map((part) => ({ title: part.toUpperCase(), align: 'right' as const })),
    ],
    results.map((result) => [
      result.mixing,
      ...stepParts.map((part) => formatMilliseconds(result.parts[part], 1)),
    ]),
  );
}

/** The operators that take more than so little of a step have a line of their own. */
const LEAST_SHARE = 0.01;

/** Where the gradients of a step spend their time: Gemm are the matrix products. */
function operatorTable(mixing: string, operators: readonly OperatorTime[]): string {
  const total = operators.reduce((sum, { seconds }) => sum + seconds, 0);
  const shown = operators.filter(({ seconds }) => seconds >= LEAST_SHARE * total);
  const rest = operators.filter((operator) => !shown.includes(operator));
  const others = {
    operator: 'others',
    seconds: rest.reduce((sum, { seconds }) => sum + seconds, 0),
    nodes: rest.reduce((sum, { nodes }) => sum + nodes, 0),
  };
  return formatTable(
    [
      { title: `${mixing.toUpperCase()}: OPERATOR` },
      { title: 'NODES', align: 'right' },
      { title: 'MS', align: 'right' },
      { title: 'SHARE', align: 'right' },
    ],
    [...shown, ...(rest.length > 0 ? [others] : [])].map(({ operator, seconds, nodes }) => [
      operator,
      formatCount(nodes),
      formatMilliseconds(seconds, 1),
      `${((100 * seconds) / total).toFixed(1)} %`,
    ]),
  );
}
