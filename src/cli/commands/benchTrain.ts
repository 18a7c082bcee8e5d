// `emerging bench train`: times training steps and forward passes of models.
import type { Command } from 'commander';
import { trainingFigures } from '../../benchmarks/figures.ts';
import { stepParts, type TrainingTimes, timeTraining } from '../../benchmarks/timeTraining.ts';
import { defaultDevice, devices, isHost, showDevice } from '../../engine/devices/device.ts';
import { providers } from '../../engine/devices/providers.node.ts';
import { type Adapter, listAdapters } from '../../engine/devices/vulkan.node.ts';
import type { OperatorTime } from '../../engine/profile.node.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { type Place, placeOf } from '../../training/loop/recordTraining.ts';
import { visibleText } from '../../visibleText.ts';
import {
  addBenchOptions,
  addCouplingOptions,
  type BenchOptions,
  type CouplingOptions,
  couplingOptionsOf,
  modelOf,
} from '../bench/benchOptions.ts';
import { addStepOptions, compileOptions, type StepOptions } from '../parts/options.ts';
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

interface BenchTrainOptions extends BenchOptions, CouplingOptions, StepOptions {
  products: boolean;
}

const logging = devices.filter((device) => providers[device].logsDispatches);

const help = `
Output:
  training, images/s   full steps: batch and noise, forward, backward, update; median and range
  forward, images/s    log-likelihoods with frozen weights
  products             share of a step that its matrix products alone would take, each at its best rate
  peak memory          of the process, with the models of all mixings
  step, ms             median times of its parts: batch, gradients, weight update
  operator             time of the gradients by operator, for one worker; profiling each node slows it down
On a GPU, instead of products and operators:
  waits                how often a step waits for the device
  up, down             data moved to the device and back per step
  dispatches           on ${logging.join(', ')}: GPU programs started per step, counted in another process

Example:
  emerging bench train --mixing 1x1,emerging --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1`;

/** Adds the command `bench train`. */
export function registerBenchTrain(bench: Command): void {
  const command = bench
    .command('train')
    .description('time training steps and forward passes, and the matrix products in a step');
  addStepOptions(addCouplingOptions(addBenchOptions(command, { batch: 32, rounds: 7 })))
    .option('--no-products', 'do not time matrix products and operators separately, nor count dispatches')
    .addHelpText('after', help)
    .action((options: BenchTrainOptions) => runBenchTrain(options));
}

async function runBenchTrain(options: BenchTrainOptions): Promise<void> {
  const { mixing: names, batch, rounds } = options;
  const { model, imageShape } = modelOf(options);
  const engine = await compileOptions(options);
  const times = await withProgress((show) =>
    timeTraining({
      models: names.map((mixing) => ({ ...model, mixing })),
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
  const { device = defaultDevice } = engine;
  const adapters = providers[device].usesAdapters ? (await listAdapters()).adapters : undefined;
  const results = times.map((each) => ({
    ...trainingFigures(each, batch),
    ...measuredModel(options, placeOf(engine, each.workers, 1)),
    ...(adapters && { adapters: adapters.map(({ name }) => name) }),
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
  if (!isHost(device)) {
    writeStdout(`\n${trafficTable(results)}\n\n${placeText(engine, options.products, adapters)}\n`);
    return;
  }
  for (const result of results.filter(({ operators }) => operators.length > 0)) {
    writeStdout(`\n${operatorTable(result.mixing, result.operators)}\n`);
  }
}

/** The settings of a result, to distinguish it from others. */
function measuredModel(options: BenchTrainOptions, { device, threads }: Place) {
  const { levels, depth, width, kernelSize, size, channels } = options;
  return {
    levels,
    depth,
    width,
    kernelSize,
    size,
    channels,
    ...couplingOptionsOf(options),
    device,
    ...(threads !== undefined && { threads }),
  };
}

/** The time of each part of a step, in milliseconds. */
function partsTable(results: readonly Pick<TrainingTimes, 'mixing' | 'parts'>[]): string {
  return formatTable(
    [
      { title: 'STEP, MS' },
      ...stepParts.map((part) => ({ title: part.toUpperCase(), align: 'right' as const })),
    ],
    results.map((result) => [
      result.mixing,
      ...stepParts.map((part) => formatMilliseconds(result.parts[part], 1)),
    ]),
  );
}

/** What a step moves to the device and back, and how often the host waits for it. */
function trafficTable(results: readonly Pick<TrainingTimes, 'mixing' | 'traffic' | 'dispatches'>[]): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  return formatTable(
    [
      { title: 'STEP' },
      right('DISPATCHES'),
      right('RUNS'),
      right('WAITS'),
      right('UP'),
      right('ARRAYS'),
      right('DOWN'),
      right('ARRAYS'),
    ],
    results.map(({ mixing, traffic, dispatches }) => [
      mixing,
      dispatches === null ? '-' : formatCount(dispatches),
      ...[traffic!.runs, traffic!.waits].map(formatCount),
      formatBytes(traffic!.bytesUp),
      formatCount(traffic!.arraysUp),
      formatBytes(traffic!.bytesDown),
      formatCount(traffic!.arraysDown),
    ]),
  );
}

/** Where the steps ran, and what was left out there. */
function placeText(
  engine: CompileOptions,
  products: boolean,
  adapters: readonly Adapter[] | null | undefined,
): string {
  const named = (adapters ?? []).map(({ name, kind }) => `${visibleText(name)} (${kind})`);
  const on = named.length > 1 ? `one of ${named.join(', ')}` : named[0];
  const where = `on ${showDevice(engine)}${on === undefined ? '' : `, ${on}`}; peak memory is host memory`;
  return products ? `${where}; products and operators are timed on the CPU only` : where;
}

/** Operators with a smaller share of the time than this are summed up as others. */
const LEAST_SHARE = 0.01;

/** The time of a step's gradients by operator; Gemm is the matrix product. */
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
