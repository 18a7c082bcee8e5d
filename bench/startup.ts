// The time from the command to the first training step, by part, for models of depth 8 and 32, but for reading data
// and making the run folder.
//
//   npx tsx bench/startup.ts
//
// Prints the table of docs/performance.md: 32x32x3, 3 levels, width 512, batch 32, emerging. Each depth in a process of
// its own. A minute.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import { imagesInMemory } from '../src/data/dataset.ts';
import { median } from '../src/evaluation/timing/timing.ts';
import { Glow } from '../src/models/glow.ts';
import { dimensionsOf, type ImageShape } from '../src/numeric/imageShape.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { BatchLoader } from '../src/training/batchLoader.ts';
import { planGradients } from '../src/training/gradients/gradientPlan.ts';
import { ParameterLayout } from '../src/training/parameterLayout.ts';
import { startFromData } from '../src/training/startFromData.ts';
import { Trainer } from '../src/training/step/trainer.ts';
import { machine, markdownTable } from './report.ts';

const DEPTHS = [8, 32];
const BATCH = 32;
const imageShape: ImageShape = [32, 32, 3];
const adamax = { beta2: 0.999, biasCorrection: 'glow' } as const;

const { depth, rounds } = new Command('startup')
  .option('--depth <n>', 'measure this one model in this process', wholeNumber(1))
  .option('--rounds <n>', 'processes of each depth; the median is printed', wholeNumber(1), 2)
  .parse()
  .opts<{ depth?: number; rounds: number }>();

/** Seconds by part of the start. */
type Seconds = Record<keyof typeof titles, number>;

/** What is measured, in the order of the table; with a dash what is part of the row above. */
const titles = {
  modules: 'process and modules',
  weights: 'weights',
  drawn: '– drawn',
  programs: 'program of a step',
  defined: '– graph of the gradients',
  compiled: '– compiled',
  total: 'until the first step begins',
  step: 'first step',
};

async function measure(depth: number): Promise<Seconds> {
  const modules = performance.now() / 1000;
  const model = new Glow(
    {
      levels: 3,
      depth,
      width: 512,
      mixing: 'emerging',
      kernelSize: 3,
      dilation: 1,
      learnedPrior: true,
      bits: 8,
    },
    imageShape,
  );
  const random = new RandomStream(0, 'bench');
  const pixels = Uint8Array.from({ length: BATCH * dimensionsOf(imageShape) }, () => random.integer(256));
  const options = { batchSize: BATCH, seed: 0, bits: 8, augment: [] };
  const batch = new BatchLoader(imagesInMemory(pixels, imageShape), options).at(0);
  const layout = new ParameterLayout(model.parameters);

  const [weights, state] = await timed(() => startFromData(model, batch, 0));
  const [programs, trainer] = await timed(() =>
    Trainer.create(model, state, { batchSize: BATCH, optimizer: adamax, averageDecay: 0.999 }),
  );
  const [step] = await timed(() => trainer.step(batch, 1e-4));
  await trainer.release();
  // The parts of both once more, each alone.
  const [drawn] = await timed(() => layout.initial(0));
  const [defined, plan] = await timed(() =>
    planGradients(model, layout, { images: BATCH, batchSize: BATCH }),
  );
  const [compiled, program] = await timed(() => plan.compile({}));
  await program.release();
  const total = modules + weights + programs;
  return { modules, weights, drawn, programs, defined, compiled, total, step };
}

async function timed<Result>(work: () => Result | Promise<Result>): Promise<[number, Result]> {
  const begin = performance.now();
  const result = await work();
  return [(performance.now() - begin) / 1000, result];
}

function measureInProcess(depth: number): Seconds {
  process.stderr.write(`depth ${depth}\n`);
  const file = fileURLToPath(import.meta.url);
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', file, '--depth', String(depth)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) {
    throw new Error(`the start of depth ${depth} ended with ${status}`);
  }
  return JSON.parse(stdout);
}

if (depth !== undefined) {
  process.stdout.write(JSON.stringify(await measure(depth)));
} else {
  const measured = DEPTHS.map((each) => Array.from({ length: rounds }, () => measureInProcess(each)));
  const rows = Object.entries(titles).map(([key, title]) => [
    title,
    ...measured.map((all) => median(all.map((seconds) => seconds[key as keyof Seconds])).toFixed(2)),
  ]);
  const heads = ['seconds, median', ...DEPTHS.map((each) => `depth ${each}`)];
  process.stdout.write(`${machine()}, ${rounds} rounds\n\n${markdownTable(heads, rows)}`);
}
