// How training scales over several processes and machines: images per second, and the time in sums and in waiting.
//
//   npx tsx bench/machines.ts
//   npx tsx bench/machines.ts --ranks 1,2,4 --mpirun '--hostfile hosts --map-by node --bind-to none'
//
// Strong scaling: one batch, divided by more and more ranks, with all cores that mpirun gives to them. Weak scaling: a
// batch of that size for each rank, and as many threads for each as in the largest job. Both are efficient if every
// thread's rate, in images per second, equals that in the first row. Every row is a job of its own, started by mpirun in
// several rounds, with the jobs taking turns; nothing is written to disk.
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { parseChoices, wholeNumber } from '../src/app/cli/parts/options.ts';
import { formatBytes, formatCounted, formatSpread } from '../src/app/cli/terminal/format.ts';
import { formatTable, right } from '../src/app/cli/terminal/table.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { networkWidth } from '../src/flows/models/partRegistries.ts';
import { resolveConfig } from '../src/runs/settings/resolve.ts';
import type { RankTimes } from './machinesRank.ts';
import { machine } from './shared/machine.ts';
import { asOptions, programJson } from './shared/processes.ts';

/** How the batch grows with the ranks: not at all, or as they do. */
const kinds = ['strong', 'weak'] as const;
type Kind = (typeof kinds)[number];

/** A narrow model with few weights, and a wide one with many. */
const defaultPresets = ['paper-mnist-quickstart', 'cifar10-emerging-d8'];
/** Unless the preset's is smaller, so that a job of a wide model takes no more than a minute. */
const MOST_IMAGES = 64;
/** Steps are repeated for about this many images. */
const TIMED_IMAGES = 2000;
const [LEAST_STEPS, MOST_STEPS] = [6, 60];
/** A wide model has this many times the work of a narrow one for an image. */
const WIDE = 512;

const options = new Command('machines')
  .option('--preset <list>', 'what to train', (text: string) => text.split(','), defaultPresets)
  .option('--data <name|path>', "the images (default: the preset's, or random ones if they are missing)")
  .option('--ranks <list>', 'numbers of ranks', (text: string) => text.split(',').map(wholeNumber(1)), [1, 2])
  .option('--scaling <list>', `kinds of scaling: ${kinds.join(', ')}`, parseChoices('scaling', kinds), [
    ...kinds,
  ])
  .option(
    '--batch <n>',
    `images of the batch, of each rank if weak (default: at most ${MOST_IMAGES})`,
    wholeNumber(1),
  )
  .option('--steps <n>', `timed steps (default: ${LEAST_STEPS} to ${MOST_STEPS})`, wholeNumber(1))
  .option('--rounds <n>', 'how often each job is run', wholeNumber(1), 3)
  .option('--threads <n>', 'threads per rank', wholeNumber(1))
  .option('--workers <n>', 'workers of a single rank with several threads', wholeNumber(1))
  .option('--mpirun <options>', "mpirun's own options", '--oversubscribe --bind-to none')
  .parse()
  .opts<{
    preset: string[];
    data?: string;
    ranks: number[];
    scaling: Kind[];
    batch?: number;
    steps?: number;
    rounds: number;
    threads?: number;
    workers?: number;
    mpirun: string;
  }>();

const script = fileURLToPath(new URL('machinesRank.ts', import.meta.url));

/** One row: the same job in every round. */
interface Row {
  readonly preset: string;
  readonly kind: Kind;
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly runs: RankTimes[];
  /** Each run, relative to the first row's with this preset and kind in the same round. */
  readonly efficiencies: number[];
}

const groups = options.preset.flatMap((preset) =>
  options.scaling.map((kind) => options.ranks.map((size) => parseRow(preset, kind, size))),
);
const [before = 0] = loadavg();
for (let round = 1; round <= options.rounds; round++) {
  for (const rows of groups) {
    await runRound(rows, round);
  }
}
print();

function parseRow(preset: string, kind: Kind, size: number): Row {
  const { training, model } = resolveConfig({ preset });
  const each = options.batch ?? Math.min(training.batchSize, MOST_IMAGES);
  const batch = kind === 'strong' ? each : size * each;
  const images = (networkWidth(model) ?? 0) >= WIDE ? 0 : TIMED_IMAGES;
  const steps = options.steps ?? Math.min(MOST_STEPS, Math.max(LEAST_STEPS, Math.ceil(images / each)));
  return { preset, kind, size, batch, steps, runs: [], efficiencies: [] };
}

/** Runs every row once. */
async function runRound(rows: readonly Row[], round: number): Promise<void> {
  const largest = rows.reduce((best, row) => (row.size > best.size ? row : best));
  // First, since it tells how many threads a rank of the others has.
  const measurements = new Map([[largest, await run(largest, options.threads, round)]]);
  for (const row of rows) {
    const threads = row.kind === 'strong' ? options.threads : measurements.get(largest)!.threads;
    measurements.set(row, measurements.get(row) ?? (await run(row, threads, round)));
  }
  const perThread = (row: Row): number => {
    const { step, threads } = measurements.get(row)!;
    return row.batch / step / (row.size * threads);
  };
  for (const row of rows) {
    row.runs.push(measurements.get(row)!);
    row.efficiencies.push(perThread(row) / perThread(rows[0]!));
  }
}

function run(
  { preset, kind, size, batch, steps }: Row,
  threads: number | undefined,
  round: number,
): Promise<RankTimes> {
  const { data, rounds, mpirun } = options;
  const workers = size === 1 && threads !== 1 ? options.workers : undefined;
  process.stderr.write(
    `round ${round} of ${rounds}: ${preset}, ${kind} scaling, ${formatCounted(size, 'rank')}, ${batch} images\n`,
  );
  return programJson<RankTimes>(
    'mpirun',
    [
      ...['-n', String(size), ...mpirun.split(' ').filter((word) => word !== '')],
      ...[process.execPath, '--import', import.meta.resolve('tsx'), script],
      ...asOptions({
        preset,
        batch,
        steps,
        ...(data && { data }),
        ...(threads && { threads }),
        ...(workers && { workers }),
      }),
    ],
    process.env,
  );
}

function print(): void {
  const lines = groups.flat().map(({ preset, kind, size, batch, steps, runs, efficiencies }) => {
    const { hosts, threads, workers, images, bytes } = runs[0]!;
    const milliseconds = (part: 'step' | 'waiting' | 'summing'): string =>
      (1000 * median(runs.map((trial) => trial[part]))).toFixed(1);
    return [
      preset,
      images,
      kind,
      ...[size, hosts, threads, workers, batch, steps].map(String),
      withRange(runs.map(({ step }) => batch / step)),
      withRange(efficiencies, 2),
      ...(['step', 'waiting', 'summing'] as const).map(milliseconds),
      formatBytes(bytes),
      withRange(
        runs.map(({ others }) => others),
        2,
      ),
    ];
  });
  process.stdout.write(
    `rank 0 on ${machine()}; load of that machine before ${before.toFixed(2)}; medians of ${formatCounted(options.rounds, 'round')} ` +
      '(least to most)\nimages/s: at the median step; efficiency: images/s of a thread against the first row of the same round; ' +
      'step, waiting and sums: ms of a step on rank 0; others: cores of its machine that other programs kept busy\n' +
      `${formatTable(
        [
          ...['preset', 'images', 'scaling'],
          ...['ranks', 'hosts', 'threads', 'workers', 'batch', 'steps', 'images/s', 'efficiency'].map(right),
          ...['step', 'waiting', 'sums', 'bytes', 'others'].map(right),
        ],
        lines,
      )}\n`,
  );
}

function withRange(values: readonly number[], digits?: number): string {
  const show = (value: number): string =>
    digits === undefined ? value.toPrecision(3) : value.toFixed(digits);
  return values.length === 1 ? show(values[0]!) : formatSpread(median(values), valueRange(values), show);
}
