// How training scales over several processes and machines: images per second, and the time in sums and in waiting.
//
//   npx tsx bench/machines.ts --ranks 1,2,4 --preset cifar10-emerging-d8 --mpirun '--hostfile hosts --map-by node'
//
// Strong scaling: the batch of the preset, divided by more and more ranks. Weak scaling: a batch of that size for each
// rank. Every row is a job of its own, started by mpirun; nothing is written to disk.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { listOf, wholeNumber } from '../src/cli/options.ts';
import { formatBytes, formatCounted } from '../src/cli/terminal/format.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import type { RankTimes } from './machinesRank.ts';
import { machine } from './shared/machine.ts';
import { asOptions, programJson } from './shared/processes.ts';

/** How the batch grows with the ranks: not at all, or as they do. */
const kinds = ['strong', 'weak'] as const;

const options = new Command('machines')
  .option('--preset <name>', 'what to train', 'cifar10-emerging-d8')
  .option('--data <name|path>', "the images (default: the preset's)")
  .option('--ranks <list>', 'numbers of ranks', (text: string) => text.split(',').map(wholeNumber(1)), [1, 2])
  .option('--scaling <list>', `kinds of scaling: ${kinds.join(', ')}`, listOf('scaling', kinds), [...kinds])
  .option('--batch <n>', "images of the batch, of each rank if weak (default: the preset's)", wholeNumber(1))
  .option('--steps <n>', 'timed steps per row', wholeNumber(1), 20)
  .option('--threads <n>', 'threads per rank (default: the cores that each may use)', wholeNumber(1))
  .option('--mpirun <options>', "mpirun's own options, such as --hostfile hosts", '')
  .parse()
  .opts<{
    preset: string;
    data?: string;
    ranks: number[];
    scaling: (typeof kinds)[number][];
    batch?: number;
    steps: number;
    threads?: number;
    mpirun: string;
  }>();

const { preset, data, ranks, scaling, steps, threads, mpirun } = options;
const { batch = resolveConfig({ preset }).training.batchSize } = options;
const script = fileURLToPath(new URL('machinesRank.ts', import.meta.url));

const rows: string[][] = [];
for (const kind of scaling) {
  let alone: number | undefined;
  for (const size of ranks) {
    const batchSize = kind === 'strong' ? batch : size * batch;
    process.stderr.write(`${kind} scaling, ${formatCounted(size, 'rank')}, ${batchSize} images\n`);
    const words = [
      ...['-n', String(size), ...mpirun.split(' ').filter((word) => word !== '')],
      ...[process.execPath, '--import', import.meta.resolve('tsx'), script],
      ...asOptions({ preset, batch: batchSize, steps, ...(data && { data }), ...(threads && { threads }) }),
    ];
    const times = await programJson<RankTimes>('mpirun', words, process.env);
    const rate = (steps * batchSize) / times.seconds;
    alone ??= rate / size;
    const perStep = (seconds: number): string => ((1000 * seconds) / steps).toFixed(1);
    rows.push([
      kind,
      String(size),
      String(times.hosts),
      String(times.threads),
      String(batchSize),
      rate.toPrecision(4),
      `${((100 * rate) / (size * alone)).toFixed(0)} %`,
      perStep(times.seconds),
      perStep(times.waiting),
      perStep(times.summing),
      formatBytes(times.bytes / steps),
    ]);
  }
}

const right = (title: string) => ({ title, align: 'right' as const });
process.stdout.write(
  `${preset}, ${steps} steps per row; rank 0 on ${machine()}; ms, of a step on rank 0; efficiency against the first row\n` +
    `${formatTable(
      [
        { title: 'scaling' },
        ...['ranks', 'hosts', 'threads', 'batch', 'images/s', 'efficiency', 'step'].map(right),
        ...['waiting', 'sums', 'bytes'].map(right),
      ],
      rows,
    )}\n`,
);
