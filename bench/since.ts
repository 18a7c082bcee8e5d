// Whether this tree is as fast as an earlier revision: training, sampling and start-up.
//
//   npx tsx bench/since.ts            against the last commit, or, if nothing has changed since, the one before
//   npx tsx bench/since.ts REVISION
//
// Builds both and alternates their commands on an otherwise idle machine. A ratio is the other revision's time divided by
// this tree's, in neighbouring runs: above 1, this tree is faster. Rows below the limit are measured once more; if a median
// stays below it, the exit code is 1. About 20 minutes.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { wholeNumber } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { formatSpread } from '../src/app/cli/terminal/format.ts';
import { withProgress } from '../src/app/cli/terminal/progress.ts';
import { UserError } from '../src/core/errors.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { npyBytes } from '../src/data/formats/npy.ts';
import { markdownTable } from '../src/model/card/reportText.ts';
import { secondsFor } from '../src/training/study/measureInTurn.ts';
import { machine } from './shared/machine.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

/** A tree is as fast as another if its ratio is at least this. */
const LEAST_RATIO = 0.97;

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** A built revision. */
interface Build {
  readonly name: string;
  /** The file of its command. */
  readonly command: string;
  /** The configuration keys and values that its command lists. */
  readonly configuration: string;
}

/** What is timed. */
interface Measurement {
  readonly name: string;
  /** Whether a revision has what this needs. */
  isKnown(build: Build): boolean;
  /** The seconds of one run. */
  seconds(build: Build, folder: string): Promise<number>;
}

/** The pairs of times of a measurement, in seconds. */
interface Row {
  readonly measurement: Measurement;
  readonly pairs: { readonly current: number; readonly other: number }[];
}

async function emerging({ command }: Build, args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [command, ...args], { maxBuffer: 2 ** 26 });
  return stdout;
}

const DEPTH = 8;
const LEVELS = 3;
const BATCH = 32;
const IMAGES = 8 * BATCH;
/** The first steps compile programs and fill caches. */
const WARM_UP = 2;

function trainingArguments(
  build: Build,
  folder: string,
  options: { width: number; mixing?: string; optimizer?: string; steps: number },
): string[] {
  const { width, mixing = 'emerging', optimizer = 'adamax', steps } = options;
  const settings = {
    [/^model\.width$/m.test(build.configuration) ? 'model.width' : 'model.conditioner.width']: width,
    'model.depth': DEPTH,
    'model.levels': LEVELS,
    'model.mixing': mixing,
    'training.batchSize': BATCH,
    'data.validation': 0,
    ...(optimizer !== 'adamax' && { 'training.optimizer': optimizer }),
  };
  return [
    ...['train', '--data', join(folder, 'train.npy'), '--steps', String(steps), '--no-test'],
    ...['--out', join(folder, `run-${runCount++}`)],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
}

/** How many runs were started; numbers their folders. */
let runCount = 0;

function training(width: number, mixing: string, optimizer: string, steps: number): Measurement {
  return {
    name: `training, width ${width}, ${mixing}, ${optimizer}`,
    isKnown: ({ configuration }) => optimizer === 'adamax' || configuration.includes(optimizer),
    async seconds(build, folder) {
      const args = trainingArguments(build, folder, { width, mixing, optimizer, steps });
      await emerging(build, args);
      const timings = readFileSync(join(args[args.indexOf('--out') + 1]!, 'timings.jsonl'), 'utf8');
      const seconds = timings
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { seconds: number }).seconds);
      return median(seconds.slice(WARM_UP));
    },
  };
}

/** The models that are sampled, one for each build. */
const sampled = new Map<Build, Promise<string>>();

async function trainBriefly(build: Build, folder: string): Promise<string> {
  const args = trainingArguments(build, folder, { width: 64, steps: 2 });
  await emerging(build, args);
  return args[args.indexOf('--out') + 1]!;
}

const measurements: readonly Measurement[] = [
  ...([64, 512] as const).flatMap((width) =>
    ['emerging', '1x1'].flatMap((mixing) =>
      ['adamax', 'muon'].map((optimizer) => training(width, mixing, optimizer, width === 64 ? 40 : 9)),
    ),
  ),
  {
    name: 'sampling 256 images, width 64, emerging',
    isKnown: () => true,
    async seconds(build, folder) {
      const model = sampled.get(build) ?? trainBriefly(build, folder);
      sampled.set(build, model);
      const args = ['sample', await model, '--count', '256', '--out', join(folder, `${runCount++}.png`)];
      return secondsFor(() => emerging(build, args));
    },
  },
  {
    name: 'from the command to the end of one step, width 64, emerging',
    isKnown: () => true,
    seconds: (build, folder) =>
      secondsFor(() => emerging(build, trainingArguments(build, folder, { width: 64, steps: 1 }))),
  },
  {
    name: 'a command that lists runs',
    isKnown: () => true,
    seconds: (build, folder) => secondsFor(() => emerging(build, ['runs', folder])),
  },
];

try {
  const command = new Command('since')
    .argument('[revision]', 'the revision to compare with')
    .option('--pairs <n>', 'runs of each side for each row', wholeNumber(1), 5)
    .option('--only <text>', 'measure the rows whose name has this text', '')
    .parse();
  const { pairs, only } = command.opts<{ pairs: number; only: string }>();
  await compareWith(command.args[0] ?? (await earlierRevision()), pairs, only);
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function compareWith(revision: string, pairCount: number, only: string): Promise<void> {
  const chosen = measurements.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) {
    throw new UserError('invalid-argument', `no row has '${only}' in its name`);
  }
  const commit = (
    await git('rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`).catch(() => '')
  ).trim();
  if (commit === '') {
    throw new UserError('invalid-argument', `${revision} is not a revision of this repository`);
  }
  const subject = (await git('log', '-1', '--format=%h (%s)', commit)).trim();
  await inTemporaryFolder('since', async (folder) => {
    const otherTree = join(folder, 'tree');
    await git('worktree', 'add', '--detach', otherTree, commit);
    try {
      process.stderr.write(`building ${subject} and this tree\n`);
      await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: otherTree, maxBuffer: 2 ** 26 });
      await run('npm', ['run', 'build'], { cwd: root, maxBuffer: 2 ** 26 });
      const [current, other] = [await openBuild('this tree', root), await openBuild(subject, otherTree)];
      const shape = [IMAGES, 32, 32, 3];
      const values = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) => 97 * index);
      writeFileSync(join(folder, 'train.npy'), npyBytes(values, shape));
      const known = chosen.filter((one) => one.isKnown(current) && one.isKnown(other));
      const rows: Row[] = known.map((measurement) => ({ measurement, pairs: [] }));
      await addPairs(rows, pairCount, current, other, folder);
      await addPairs(rows.filter(isSlower), pairCount, current, other, folder);
      for (const { name } of chosen.filter((one) => !known.includes(one))) {
        process.stdout.write(`not measured, ${subject} lacks it: ${name}\n`);
      }
      process.stdout.write(`${machine()}; this tree against ${subject}\n\n${table(rows)}\n`);
      process.exitCode = rows.some(isSlower) ? 1 : 0;
    } finally {
      await git('worktree', 'remove', '--force', otherTree);
    }
  });
}

/** The last commit, or the one before if nothing has changed since. */
async function earlierRevision(): Promise<string> {
  return (await git('status', '--porcelain')) === '' ? 'HEAD~1' : 'HEAD';
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: root });
  return stdout;
}

async function openBuild(name: string, folder: string): Promise<Build> {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: { emerging: string };
  };
  const command = join(folder, bin.emerging);
  if (!existsSync(command)) {
    throw new UserError('invalid-argument', `the build of ${name} has no ${bin.emerging}`);
  }
  return { name, command, configuration: await emerging({ name, command, configuration: '' }, ['config']) };
}

/** Adds runs of both builds to each row, the first in turn. */
async function addPairs(
  rows: readonly Row[],
  count: number,
  current: Build,
  other: Build,
  folder: string,
): Promise<void> {
  await withProgress(async (show) => {
    for (let pair = 0; pair < count; pair++) {
      for (const [index, { measurement, pairs }] of rows.entries()) {
        const seconds = new Map<Build, number>();
        for (const build of pair % 2 === 0 ? [current, other] : [other, current]) {
          seconds.set(build, await measurement.seconds(build, folder));
        }
        pairs.push({ current: seconds.get(current)!, other: seconds.get(other)! });
        show('pair', pair * rows.length + index + 1, count * rows.length);
      }
    }
  });
}

function ratios({ pairs }: Row): number[] {
  return pairs.map(({ current, other }) => other / current);
}

function isSlower(row: Row): boolean {
  return median(ratios(row)) < LEAST_RATIO;
}

function table(rows: readonly Row[]): string {
  const milliseconds = (values: readonly number[]): string => (1000 * median(values)).toFixed(1);
  return markdownTable(
    ['', 'this tree, ms', 'other, ms', 'ratio (range)'],
    rows.map((row) => [
      row.measurement.name,
      milliseconds(row.pairs.map(({ current }) => current)),
      milliseconds(row.pairs.map(({ other }) => other)),
      `${formatSpread(median(ratios(row)), valueRange(ratios(row)), (ratio) => ratio.toFixed(2))}${isSlower(row) ? ', slower' : ''}`,
    ]),
  );
}
