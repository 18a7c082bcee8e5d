// The library in a page beside Node: training, sampling, and how long a page cannot answer.
//
//   npm run build && npx tsx bench/browser.ts
//
// Prints the table of docs/browser.md: the quick start on 5,000 digits, and 64 samples of models/mnist-small, in headless
// Chromium without cross-origin isolation and in Node, in turn, each time in a new worker or process. Three minutes.
import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { withProgress } from '../src/cli/terminal/progressBars.ts';
import { prepareDataset } from '../src/data/prepareDataset.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { median } from '../src/numeric/statistics.ts';
import { bundlePackage, chromiumPath, openPage } from '../src/testing/pages.ts';
import { machine } from './shared/machine.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const { rounds, steps } = new Command('browser')
  .option('--rounds <n>', 'times that each is measured; medians and ranges are printed', wholeNumber(1), 5)
  .option('--steps <n>', 'steps of a training', wholeNumber(2), 60)
  .parse()
  .opts<{ rounds: number; steps: number }>();

if (chromiumPath === undefined) {
  process.stderr.write('no Chromium: run scripts/install-system-packages\n');
  process.exit(1);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const scripts = join(root, 'bench/browser');

/** What is measured, in both places. */
const tasks = {
  'training with 1 worker': { task: 'train', workers: 1, steps },
  'training with 2 workers': { task: 'train', workers: 2, steps },
  'sampling 64 digits': { task: 'sample' },
} as const;

type Figures = Readonly<Record<string, number>>;
const measured: Record<string, { page: Figures[]; node: Figures[] }> = Object.fromEntries(
  Object.keys(tasks).map((name) => [name, { page: [], node: [] }]),
);

await inTemporaryFolder('browser', async (folder) => {
  const file = join(folder, 'digits.images.gz');
  await prepareDataset('mnist', { out: file, limit: 5000 });
  const load = (name: string): string => `import ${JSON.stringify(join(scripts, name))};`;
  const bundle = await bundlePackage(root, join(folder, 'project'), load('page.js'), {
    worker: load('worker.js'),
    gradients: `import 'emerging-flows/worker';`,
  });
  copyFileSync(file, join(bundle.folder, 'digits.images.gz'));
  const inNode = async (request: object): Promise<Figures> => {
    const options = JSON.stringify({ ...request, file, model: join(root, 'models/mnist-small') });
    const { stdout } = await promisify(execFile)(process.execPath, [join(scripts, 'node.js'), options]);
    return JSON.parse(stdout);
  };
  const inPage = async (request: object): Promise<Figures> => {
    // A new browser each time: nothing is compiled or cached.
    const { page, close } = await openPage(bundle);
    try {
      await page.waitForFunction('globalThis.run');
      return await page.evaluate(
        (task) => (globalThis as never as { run(task: object): Promise<Figures> }).run(task),
        request,
      );
    } finally {
      await close();
    }
  };
  await withProgress(async (show) => {
    for (let round = 0; round < rounds; round++) {
      for (const [name, request] of Object.entries(tasks)) {
        show(name, round, rounds);
        measured[name]!.page.push(await inPage(request));
        measured[name]!.node.push(await inNode(request));
      }
    }
  });
});

/** Median and range of a figure, or of the ratio of two. */
function spread(values: readonly number[], digits: number): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}

function row(title: string, name: string, figure: string, digits: number, factor = 1): string[] {
  const { page, node } = measured[name]!;
  const of = (figures: readonly Figures[]): number[] => figures.map((each) => factor * each[figure]!);
  const [inPage, inNode] = [of(page), of(node)];
  const ratios = inPage.map((value, index) => value / inNode[index]!);
  return inNode.some(Number.isNaN)
    ? [title, spread(inPage, digits), '–', '–']
    : [title, spread(inPage, digits), spread(inNode, digits), spread(ratios, 2)];
}

const table = markdownTable(
  ['', 'page', 'Node', 'page / Node'],
  [
    row('training, 1 worker, images/s', 'training with 1 worker', 'imagesPerSecond', 0),
    row('training, 2 workers, images/s', 'training with 2 workers', 'imagesPerSecond', 0),
    row('start to first step, 2 workers, s', 'training with 2 workers', 'firstStep', 2),
    row('longest time without an answer in training, ms', 'training with 2 workers', 'longestPause', 0),
    row('64 samples, from nothing, s', 'sampling 64 digits', 'cold', 2),
    row('64 samples, later, s', 'sampling 64 digits', 'warm', 3),
  ],
);
process.stdout.write(`${machine()}, medians and ranges of ${rounds} rounds in turn:\n\n${table}\n`);
