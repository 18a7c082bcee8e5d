// What it costs and saves to exchange gradients in bfloat16: bits/dim after some steps, and the time of an exchange over a
// slow network.
//
//   npx tsx bench/gradientPrecision.ts
//   npx tsx bench/gradientPrecision.ts --steps 0 --megabits 1000 --parameters 40000000
//
// For bits/dim, two ranks in this process train a small model on MNIST, for each seed with both precisions. The exchanges are
// between network namespaces whose connections are slowed down, which needs root, mpirun and the commands ip and tc.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import type { GradientPrecision } from '../src/cluster/ranks.ts';
import { openDataset } from '../src/data/registry.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { mean } from '../src/numeric/statistics.ts';
import { onLocalRanks } from '../src/testing/localRanks.ts';
import { makeMachines } from '../src/testing/machines.ts';
import { train } from '../src/training/loop/train.ts';
import { followerStore } from '../src/training/ranks/followerStore.ts';
import type { ExchangeTimes } from './gradientPrecisionRank.ts';
import { machine } from './shared/machine.ts';
import { asOptions, programJson } from './shared/processes.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const precisions: readonly GradientPrecision[] = ['float32', 'bfloat16'];
const numbers = (text: string): number[] => text.split(',').map(Number);
const options = new Command('gradientPrecision')
  .option('--steps <n>', 'steps of training; 0 for none', wholeNumber(0), 300)
  .option(
    '--rate <number>',
    "the learning rate; at the preset's, a last digit changes these results by 0.5",
    Number,
    0.002,
  )
  .option('--seeds <list>', 'seeds of the training', numbers, [0, 1, 2])
  .option('--ranks <list>', 'ranks of the exchanges, one on each machine', numbers, [2, 4])
  .option('--megabits <n>', 'what each machine can send in a second', wholeNumber(1), 100)
  .option('--parameters <n>', 'the gradients to exchange', wholeNumber(1), 4_000_000)
  .option('--rounds <n>', 'how often they are exchanged', wholeNumber(1), 5)
  .parse()
  .opts<{
    steps: number;
    rate: number;
    seeds: number[];
    ranks: number[];
    megabits: number;
    parameters: number;
    rounds: number;
  }>();

/** bits/dim of the validation images with the average weights, after training by two ranks. */
async function trained(seed: number, gradientPrecision: GradientPrecision): Promise<number> {
  const { steps, rate } = options;
  const training = { steps, learningRate: rate, batchSize: 32, microBatch: 16, gradientPrecision };
  const config = resolveConfig({
    preset: 'paper-mnist-quickstart',
    overrides: { seed, model: { width: 32 }, training },
  });
  const dataset = await openDataset(config.data.name, { validation: config.data.validation });
  const [result] = await onLocalRanks(2, (ranks) =>
    train({ config, dataset, store: followerStore('nowhere', config), ranks, threads: 1, workers: 1 }),
  );
  return result!.validationBitsPerDim!;
}

/** The seconds of exchanges between machines with slow connections. */
async function exchanged(size: number): Promise<ExchangeTimes> {
  const { megabits, parameters, rounds } = options;
  return inTemporaryFolder('exchanges', async (folder) => {
    const machines = makeMachines(folder, size, { megabits });
    if (machines === undefined) {
      throw new Error('network namespaces need root, and the commands ip and tc');
    }
    const script = fileURLToPath(new URL('gradientPrecisionRank.ts', import.meta.url));
    const [program, ...words] = [
      ...machines.onFirst,
      ...['mpirun', '-n', String(size), '--allow-run-as-root', ...machines.options],
      ...[process.execPath, '--import', import.meta.resolve('tsx'), script],
      ...asOptions({ parameters, rounds }),
    ] as [string, ...string[]];
    try {
      return await programJson<ExchangeTimes>(program, words, { ...process.env, ...machines.environment });
    } finally {
      machines.remove();
    }
  });
}

const right = (title: string) => ({ title, align: 'right' as const });
process.stdout.write(`${machine()}\n`);
if (options.steps > 0) {
  const rows: number[][] = [];
  for (const seed of options.seeds) {
    const found: number[] = [];
    for (const precision of precisions) {
      found.push(await trained(seed, precision));
    }
    rows.push([seed, ...found]);
  }
  const lines = rows.map(([seed, ...found]) => [String(seed), ...found.map((bits) => bits.toFixed(4))]);
  const means = precisions.map((_, index) => mean(rows.map((row) => row[index + 1]!)).toFixed(4));
  process.stdout.write(
    `\nvalidation bits/dim after ${options.steps} steps of paper-mnist-quickstart at width 32, rate ${options.rate}, 2 ranks\n` +
      `${formatTable([{ title: 'seed' }, ...precisions.map(right)], [...lines, ['mean', ...means]])}\n`,
  );
}
const lines: string[][] = [];
for (const size of options.ranks) {
  const times = await exchanged(size);
  lines.push([String(size), ...precisions.map((precision) => times[precision].toFixed(2))]);
}
process.stdout.write(
  `\nseconds (medians of ${options.rounds}) to sum ${options.parameters} gradients at ${options.megabits} Mbit/s\n` +
    `${formatTable([{ title: 'ranks' }, ...precisions.map(right)], lines)}\n`,
);
