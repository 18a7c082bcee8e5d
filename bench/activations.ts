// Memory and time of a training step against the depth, activations kept and computed again.
//
//   npx tsx bench/activations.ts
//
// Each model is trained for a few steps in a process of its own. Of the peak memory of the process, what a process
// with hardly a model holds, and the weights with all that the optimiser has of their size, are taken off.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { oneOf, wholeNumber } from '../src/cli/options.ts';
import { imagesInMemory } from '../src/data/dataset.ts';
import { Glow } from '../src/models/glow.ts';
import { dimensionsOf, type ImageShape } from '../src/numeric/imageShape.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { BatchLoader } from '../src/training/batchLoader.ts';
import { type ActivationChoice, activationChoices } from '../src/training/gradients/gradientPlan.ts';
import { Update } from '../src/training/optimizer/update.ts';
import { ParameterLayout } from '../src/training/parameterLayout.ts';
import { startFromData } from '../src/training/startFromData.ts';
import { Trainer } from '../src/training/step/trainer.ts';
import { machine, markdownTable } from './report.ts';

interface Options {
  depth?: number;
  width: number;
  batch: number;
  activations: ActivationChoice;
  steps: number;
}

interface Measured {
  /** The best step. */
  seconds: number;
  peakBytes: number;
  parameters: number;
}

const options = new Command('activations')
  .option('--depth <n>', 'measure this one model in this process', wholeNumber(1))
  .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), 512)
  .option('--batch <n>', 'images a step', wholeNumber(1), 32)
  .option('--activations <what>', 'with --depth', oneOf('activations', activationChoices), 'keep')
  .option('--steps <n>', 'steps of each', wholeNumber(2), 4)
  .parse()
  .opts<Options>();

const imageShape: ImageShape = [32, 32, 3];

/** Weights, their moments, average and gradients. */
const ARRAYS = 5;

async function measure({ depth = 1, width, batch, activations, steps }: Options): Promise<Measured> {
  const model = new Glow(
    { levels: 3, depth, width, mixing: 'emerging', kernelSize: 3, dilation: 1, learnedPrior: true, bits: 8 },
    imageShape,
  );
  const random = new RandomStream(0, 'bench');
  const pixels = Uint8Array.from({ length: batch * dimensionsOf(imageShape) }, () => random.integer(256));
  const batches = new BatchLoader(imagesInMemory(pixels, imageShape), {
    batchSize: batch,
    seed: 0,
    bits: 8,
    augment: [],
  });
  // Started from one image: the start takes all activations of its batch at once.
  const first = new BatchLoader(imagesInMemory(pixels, imageShape), {
    batchSize: 1,
    seed: 0,
    bits: 8,
    augment: [],
  });
  const optimizer = { beta2: 0.999, biasCorrection: 'glow' } as const;
  const update = await Update.compile(new ParameterLayout(model.parameters), optimizer);
  const state = await startFromData(model, first.at(0), 0, {}, update.groups('weights'));
  const trainer = await Trainer.create(model, state, {
    batchSize: batch,
    optimizer,
    update,
    averageDecay: 0.999,
    activations,
  });
  let seconds = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    const begin = performance.now();
    await trainer.step(batches.at(step), 1e-4);
    seconds = Math.min(seconds, (performance.now() - begin) / 1000);
  }
  const { elements } = trainer.layout;
  await trainer.release();
  return { seconds, peakBytes: process.resourceUsage().maxRSS * 1024, parameters: elements };
}

function measuredApart(changes: Partial<Options>): Measured {
  const values = Object.entries({ ...options, ...changes }).flatMap(([key, value]) => [
    `--${key}`,
    String(value),
  ]);
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), ...values];
  process.stderr.write(`${values.join(' ')}\n`);
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    throw new Error(`the measurement ended with ${status}`);
  }
  return JSON.parse(stdout);
}

if (options.depth !== undefined) {
  process.stdout.write(`${JSON.stringify(await measure(options))}\n`);
} else {
  const base = measuredApart({ depth: 1, width: 1, batch: 1, activations: 'keep' }).peakBytes;
  const rows = ([8, 32] as const).flatMap((depth) =>
    (['keep', 'recompute'] as const).map((activations) => {
      const measured = measuredApart({ depth, activations });
      const weights = 4 * ARRAYS * measured.parameters;
      return { depth, activations, ...measured, weights, rest: measured.peakBytes - base - weights };
    }),
  );
  const mega = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  process.stdout.write(
    `${machine()}; 32x32x3, 3 levels, width ${options.width}, batch ${options.batch}, emerging\n\n${markdownTable(
      ['depth', 'activations', 'step, s', 'peak, MiB', 'of it weights, MiB', 'the rest, MiB'],
      rows.map(({ depth, activations, seconds, peakBytes, weights, rest }) => [
        ...[String(depth), activations, seconds.toFixed(2)],
        ...[peakBytes, weights, rest].map(mega),
      ]),
    )}`,
  );
}
