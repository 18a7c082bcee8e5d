// What a model gains from more of everything, one thing changed at a time, and what too little looks like.
//
//   npx tsx bench/guide.ts
//
// Prints the tables of docs/guide.md and writes its pictures, docs/guide. About ten minutes of one core. The numbers
// depend on the seed alone, not on the machine's speed or load.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dataset, firstImages, subset } from '../src/data/contract/dataset.ts';
import { prepareDataset } from '../src/data/prepareDataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { UserError } from '../src/errors.ts';
import { evaluate } from '../src/evaluation/measure/evaluate.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { countParameters } from '../src/models/flowRegistry.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { mean } from '../src/numeric/statistics.ts';
import { contactSheet } from '../src/pictures/contactSheet.ts';
import { startRun } from '../src/runs/open/run.node.ts';
import { memoryFiles } from '../src/storage/memoryFiles.ts';
import { eightBit } from '../src/testing/eightBit.ts';
import { FlowModel } from '../src/trained/model/flowModel.ts';
import { trainedModel } from '../src/trained/model/trainedModel.ts';
import { type TrainingResult, train } from '../src/training/loop/train.ts';
import { writeDocumentPlot } from './shared/documentPlot.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const base = { levels: 2, depth: 2, width: 32, rate: 0.015, steps: 300, images: 5000 };

/** What differs between two runs. */
interface Setting extends Readonly<typeof base> {
  readonly augment?: readonly 'shift'[];
  /** Adamax by default. */
  readonly optimizer?: 'adamw';
  /** The share of the steps over which the rate falls; 0.6 by default. */
  readonly decay?: 'none';
}

const folder = fileURLToPath(new URL('../docs/guide', import.meta.url));

/** The steps of the runs that are not short. */
const LONG = 1000;

/** How many images of each split are measured, the same for all runs. */
const MEASURED = 500;

interface Outcome {
  readonly parameters: number;
  /** bits/dim with the average weights, after the last step. */
  readonly training: number;
  readonly validation: number;
  /** How often the guard stepped in: dropped steps and rollbacks. */
  readonly dropped: number;
  /** At each fifth of the steps: the mean of the last 50 training batches, and validation. */
  readonly curves: Readonly<Record<'training' | 'validation', readonly { x: number; y: number }[]>>;
}

/** Trains the basic model with some changes and measures it; with a name, also draws samples of it. */
async function outcomeOf(
  dataset: Dataset,
  changes: Partial<Setting>,
  picture?: string,
): Promise<Outcome | 'diverged'> {
  const setting = { ...base, ...changes };
  process.stderr.write(`${dataset.name} ${JSON.stringify(changes)}\n`);
  const { levels, depth, width, rate, steps, images } = setting;
  const config = resolveConfig({
    overrides: {
      data: { name: dataset.name, augment: [...(setting.augment ?? [])] },
      model: { levels, depth, width, mixing: 'emerging' },
      training: {
        ...(setting.optimizer ? { optimizer: setting.optimizer } : { biasCorrection: 'standard' as const }),
        ...{ averageDecay: 0.98, batchSize: 32, decay: setting.decay ?? 0.6, clipNorm: 100 },
        ...{ learningRate: rate, warmupSteps: Math.ceil(steps / 6), steps },
      },
    },
  });
  const chosen = { ...dataset, train: firstImages(dataset.train, images) };
  const curves = { training: [] as { x: number; y: number }[], validation: [] as { x: number; y: number }[] };
  const losses: number[] = [];
  let dropped = 0;
  const run = await startRun(config, memoryFiles('guide'), { dataset: chosen });
  const events = {
    onStep: (_: number, bitsPerDim: number) => losses.push(bitsPerDim),
    onValidation: (x: number, y: number) => {
      curves.training.push({ x, y: mean(losses.slice(-50)) });
      curves.validation.push({ x, y });
    },
    onTrouble: () => dropped++,
  };
  let ended: TrainingResult;
  try {
    ended = await train({ ...run, threads: 1, events });
  } catch (error) {
    if (error instanceof UserError && error.code === 'diverged') {
      return 'diverged';
    }
    throw error;
  }
  await using trained = new FlowModel(trainedModel(ended.model, ended.state, 'average'), { threads: 1 });
  const measure = async (part: 'train' | 'validation'): Promise<number> =>
    (await evaluate(trained, firstImages(chosen[part], MEASURED))).bitsPerDim;
  const { imageShape } = dataset;
  if (picture !== undefined) {
    const pixels = await warmestSamples(trained, picture);
    writeFileSync(join(folder, `${picture}.png`), contactSheet(pixels, { imageShape, columns: 15 }));
  }
  return {
    parameters: countParameters(imageShape, config.model),
    training: await measure('train'),
    validation: await measure('validation'),
    dropped,
    curves,
  };
}

type Row = readonly [name: string, outcome: Outcome | 'diverged'];

/** 30 samples at the highest temperature at which all are finite, which it prints. */
async function warmestSamples(model: FlowModel, picture: string): Promise<Uint8Array> {
  for (const temperature of [0.8, 0.6, 0.4, 0.2]) {
    try {
      const pixels = eightBit(await model.sample({ count: 30, temperature, seed: 1 }));
      process.stdout.write(`${picture}.png: samples at temperature ${temperature}\n\n`);
      return pixels;
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'diverged')) {
        throw error;
      }
    }
  }
  throw new Error(`${picture}: samples are not finite at any temperature`);
}

/** The rows of a table: the outcomes under the names of what was changed. */
function table(title: string, rows: readonly Row[]): string {
  const bits = (value: number): string => value.toFixed(3);
  return markdownTable(
    [title, 'parameters', 'training images', 'validation images'],
    rows.map(([name, outcome]) =>
      outcome === 'diverged'
        ? [name, '', 'diverged', 'diverged']
        : [
            outcome.dropped === 0 ? name : `${name} (the guard stepped in ${outcome.dropped} times)`,
            outcome.parameters.toLocaleString('en'),
            bits(outcome.training),
            bits(outcome.validation),
          ],
    ),
  );
}

/** The outcomes of runs that differ from the basic model in one setting, by its values. */
async function varied<Key extends keyof typeof base>(key: Key, values: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const value of values) {
    const outcome = value === base[key] ? basic : await outcomeOf(mnist, { [key]: value });
    rows.push([value.toLocaleString('en'), outcome]);
  }
  return rows;
}

/** With AdamW: the moments of Adamax would be shorter, the fewer images there are. */
const longer = { steps: LONG, optimizer: 'adamw', rate: 0.003 } as const;

/** The outcomes of longer training with fewer images, and with all. */
async function byImages(dataset: Dataset, counts: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const images of counts) {
    rows.push([images.toLocaleString('en'), await outcomeOf(dataset, { ...longer, images })]);
  }
  return rows;
}

const print = (...tables: readonly string[]): boolean => process.stdout.write(`${tables.join('\n\n')}\n\n`);

const mnist = await openDataset('mnist', { validation: 0.02 });
const basic = await outcomeOf(mnist, {});
const images = await byImages(mnist, [200, 1000, 5000]);
const short = await outcomeOf(mnist, { steps: 100 }, 'undertrained');
const long = await outcomeOf(mnist, { steps: LONG }, 'trained');
print(
  '## MNIST',
  table('steps', [
    ['100', short],
    ['300', basic],
    ['1,000', long],
  ]),
  table(`images, ${LONG} steps`, images),
  table('learning rate', await varied('rate', [0.001, 0.005, 0.015, 0.05])),
  table('levels', await varied('levels', [1, 2])),
  table('depth', await varied('depth', [1, 2, 4])),
  table('width', await varied('width', [8, 32, 96])),
);
// A larger model, many times through few images.
const overfitted = await outcomeOf(mnist, {
  ...{ ...longer, width: 96, images: 200, steps: 2500, decay: 'none' },
});
if (overfitted === 'diverged') {
  throw new Error('the run that should overfit diverged');
}
print(table('images, 2500 steps, width 96', [['200', overfitted]]));
await writeDocumentPlot('guide/overfitting', {
  title: 'Too few images',
  subtitle: 'MNIST, 200 training images, width 96',
  x: { label: 'Training step', ticks: 'own' },
  y: { label: 'Images', unit: 'bits/dim' },
  series: (['training', 'validation'] as const).map((part) => ({
    name: `${part} images`,
    kind: 'line and points',
    points: overfitted.curves[part],
  })),
});

await inTemporaryFolder('guide', async (temporary) => {
  const source = fileURLToPath(
    new URL('../node_modules/emoji-datasource-google/img/google/64', import.meta.url),
  );
  const prepared = await prepareDataset(source, {
    ...{ size: 16, unique: true, out: join(temporary, 'emoji.images') },
  });
  const opened = await openDataset(prepared!.file, { validation: 0.1 });
  // By name, the first would all be flags.
  const order = new RandomStream(0, 'guide').permutation(opened.train.count);
  const emoji = { ...opened, train: subset(opened.train, order), name: 'emoji' };
  const rows = await byImages(emoji, [200, 1000, emoji.train.count]);
  const shifted = await outcomeOf(emoji, {
    ...longer,
    images: emoji.train.count,
    augment: ['shift'],
  });
  const name = `${rows.at(-1)![0]}, \`data.augment=[shift]\``;
  print('## Emoji', table(`images, ${LONG} steps`, [...rows, [name, shifted]]));
});
