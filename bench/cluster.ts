// A model, not a measurement: how long the paper's experiments with emerging convolutions, depth 8 and 32, would take on up
// to 64 machines.
//
//   npx tsx bench/cluster.ts
//   npx tsx bench/cluster.ts --speed 16 --networks 25 --latency 0.00001
//
// Uses the rates in paper-rates.json (as docs/results/paper.md does), the number of parameters, the time of a weight
// update (measured unless given) and the rate of a sum over two ranks. Writes docs/results/cluster.md and a figure.
import { join } from 'node:path';
import { Command } from 'commander';
import { formatCount } from '../src/cli/terminal/format.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { presets } from '../src/experiments/presets.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { Glow } from '../src/models/glow.ts';
import { ParameterLayout } from '../src/models/parameterLayout.ts';
import { sizeOf } from '../src/numeric/ndarray.ts';
import { median } from '../src/numeric/statistics.ts';
import { optimizerOf } from '../src/optimizers/registry.ts';
import { writeFileAtomically } from '../src/storage/files.ts';
import { openStateArrays } from '../src/training/step/trainer.ts';
import { writeDocumentPlot } from './shared/documentPlot.ts';
import { machine as machineName } from './shared/machine.ts';
import {
  type ClusterTraining,
  clusterHours,
  clusterTraining,
  type Machine,
  type Network,
} from './study/clusterModel.ts';
import { readPaperRates } from './study/paperRates.ts';
import { paperPresets, trainingImages } from './study/paperTable.ts';

const FOLDER = 'docs/results';
const machines = [1, 2, 4, 8, 16, 32, 64];
/** The columns of the tables. */
const listed = [1, 4, 16, 64];
/** The rows of the figure. */
const drawn = ['cifar10-emerging-d8', 'cifar10-emerging-d32'];
const ROUNDS = 25;

const numbers = (text: string): number[] => text.split(',').map(Number);
const options = new Command('cluster')
  .option('--speed <list>', 'how many times as fast as the measured machine', numbers, [1, 16])
  .option('--networks <list>', 'network rates in Gbit/s', numbers, [1, 10])
  .option('--latency <seconds>', 'network latency per message', Number, 5e-5)
  .option('--sum <GB/s>', 'rate at which two ranks on one machine sum arrays', Number, 4)
  .option('--update <ns>', 'weight update per parameter (default: measured now)', Number)
  .parse()
  .opts<{ speed: number[]; networks: number[]; latency: number; sum: number; update?: number }>();

/** The seconds of an update of one parameter, with the norm of its gradient, on this machine. */
async function measureUpdate(): Promise<number> {
  const preset = presets.find(({ name }) => name === drawn[0])!;
  const { model, training } = resolveConfig({ preset: preset.name });
  const layout = new ParameterLayout(new Glow(preset.imageShape, model).parameters);
  const optimizer = optimizerOf(training, 1);
  const arrays = await openStateArrays(layout, { optimizer, averageDecay: 0.999, batchSize: 1 });
  const gradients = await arrays.readGradients();
  const parameters = Object.values(gradients).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const seconds: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const begin = performance.now();
    await arrays.collect();
    await arrays.update(round, 0);
    seconds.push((performance.now() - begin) / 1000);
  }
  return median(seconds) / parameters;
}

const updateSeconds = options.update === undefined ? await measureUpdate() : options.update * 1e-9;
const rates = readPaperRates(FOLDER);
const trainings = paperPresets()
  .filter(
    ({ config: { model } }) => model?.mixing === 'emerging' && (model.depth === 8 || model.depth === 32),
  )
  .flatMap((preset) => {
    const rate = rates[preset.name];
    return rate === undefined ? [] : [clusterTraining(preset, trainingImages(preset), rate)];
  });
const machineOf = (speed: number): Machine => ({
  speed,
  updateSeconds,
  sumBytesPerSecond: options.sum * 1e9,
});
const networkOf = (gigabitsPerSecond: number): Network => ({ gigabitsPerSecond, latency: options.latency });

/** Hours by preset and number of machines; each cell has one number per network. */
function tableOf(speed: number): string {
  const cells = trainings.map((training) => [
    `\`${training.preset}\``,
    ...listed.map((count) => {
      const hours = options.networks.map((network) =>
        formatCount(Math.round(clusterHours(training, count, networkOf(network), machineOf(speed)))),
      );
      return [...new Set(hours)].join(' / ');
    }),
  ]);
  const whose = speed === 1 ? 'Machines like the measured one' : `Machines ${speed} times as fast`;
  return `## ${whose}\n\n${markdownTable(['preset', ...listed.map((count) => `${count}`)], cells)}`;
}

const measured = [...new Set(trainings.map(({ rate }) => rate.machine))].join('; ');
const text =
  "# The paper's experiments on several machines\n\n" +
  `**A model, not a measurement**: estimated hours of [the experiments](paper.md) with emerging convolutions at depth 8 or 32 on 1 to ${machines.at(-1)} machines. ` +
  'Training on a cluster has not been tested. Generated by `npx tsx bench/cluster.ts`.\n\n' +
  `Measured (${measured}): the rates behind [that page](paper.md), and ${(updateSeconds * 1e9).toFixed(1)} ns per parameter for a weight update` +
  `${options.update !== undefined || machineName() === measured ? '' : ` (${machineName()})`}.\n\n` +
  `Assumed: equal machines, none of which waits; ${options.sum} GB/s for a sum over two processes on one machine; ` +
  `a network latency of ${options.latency * 1e6} µs per message; faster machines speed up every part of a step equally. ` +
  'Gradients are summed in a ring, where each of n machines sends 2(n−1)/n of their bytes.\n\n' +
  `The columns are numbers of machines; cells give hours at ${options.networks.join(' / ')} Gbit/s.\n\n` +
  `![Hours by the number of machines](cluster.png)\n\n${options.speed.map(tableOf).join('\n\n')}\n`;
writeFileAtomically(join(FOLDER, 'cluster.md'), text);
process.stderr.write(`wrote ${join(FOLDER, 'cluster.md')}\n`);

const [speed = 1] = options.speed;
const seriesOf = (training: ClusterTraining, hue: number) =>
  options.networks.map((network, index) => ({
    name: `${training.preset}, ${network} Gbit/s`,
    kind: 'line and points' as const,
    hue,
    dashed: index === 0,
    points: machines.map((count) => ({
      x: count,
      y: clusterHours(training, count, networkOf(network), machineOf(speed)),
    })),
  }));
await writeDocumentPlot('results/cluster', {
  title: 'A model, not a measurement: hours of training on several machines',
  subtitle: `machines ${speed === 1 ? 'as fast as' : `${speed} times as fast as`} the measured one (${measured})`,
  x: { label: 'Machines', log: true, ticks: 'own' },
  y: { label: 'Time for all steps', unit: 'h', log: true },
  series: drawn.flatMap((name, hue) => {
    const training = trainings.find(({ preset }) => preset === name);
    return training === undefined ? [] : seriesOf(training, hue);
  }),
});
