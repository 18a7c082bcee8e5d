// Memory and time of a training step against the depth, with activations kept or recomputed.
//
//   npx tsx bench/activations.ts
//
// Each model is trained for a few steps in a separate process. From its peak memory, the memory of a process
// with a minimal model and that of the weights and optimiser state are subtracted.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { benchUpdate, paperImageShape, paperModel, randomBatches } from '../src/benchmarks/benchModel.ts';
import { secondsOf } from '../src/benchmarks/timing.ts';
import { oneOf, wholeNumber } from '../src/cli/parts/options.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { countTrained } from '../src/flows/contract/parameters.ts';
import { Glow } from '../src/models/glow.ts';
import { ParameterLayout } from '../src/models/parameterLayout.ts';
import { type ActivationChoice, activationChoices } from '../src/training/gradients/gradientPlan.ts';
import { startFromData } from '../src/training/step/startFromData.ts';
import { openStateArrays, Trainer } from '../src/training/step/trainer.ts';
import { machine } from './shared/machine.ts';
import { asOptions, scriptJson } from './shared/processes.ts';

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
  .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), paperModel.width)
  .option('--batch <n>', 'images per step', wholeNumber(1), 32)
  .option('--activations <what>', 'with --depth', oneOf('activations', activationChoices), 'keep')
  .option('--steps <n>', 'steps of each', wholeNumber(2), 4)
  .parse()
  .opts<Options>();

/** Weights, their moments, average and gradients. */
const ARRAYS = 5;

async function measure({ depth = 1, width, batch, activations, steps }: Options): Promise<Measured> {
  const model = new Glow(paperImageShape, { ...paperModel, depth, width, mixing: 'emerging' });
  const batches = randomBatches(paperImageShape, batch);
  const options = { ...benchUpdate, batchSize: batch };
  const arrays = await openStateArrays(new ParameterLayout(model.parameters), options);
  // Initialised from one image: initialisation holds all activations of its batch at once.
  const first = randomBatches(paperImageShape, 1).at(0);
  const state = await startFromData(model, first, 0, {}, arrays.drawn);
  const trainer = await Trainer.create(model, state, {
    ...options,
    arrays,
    activations,
  });
  let seconds = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    seconds = Math.min(seconds, await secondsOf(() => trainer.step(batches.at(step), 1e-4)));
  }
  await trainer.release();
  const parameters = countTrained(model.parameters);
  return { seconds, peakBytes: process.resourceUsage().maxRSS * 1024, parameters };
}

function measuredApart(changes: Partial<Options>): Promise<Measured> {
  const args = asOptions({ ...options, ...changes });
  process.stderr.write(`${args.join(' ')}\n`);
  return scriptJson(fileURLToPath(import.meta.url), args);
}

if (options.depth !== undefined) {
  process.stdout.write(`${JSON.stringify(await measure(options))}\n`);
} else {
  const { peakBytes: base } = await measuredApart({ depth: 1, width: 1, batch: 1, activations: 'keep' });
  const rows = [];
  for (const depth of [8, 32]) {
    for (const activations of ['keep', 'recompute'] as const) {
      const measured = await measuredApart({ depth, activations });
      const weights = 4 * ARRAYS * measured.parameters;
      rows.push({ depth, activations, ...measured, weights, rest: measured.peakBytes - base - weights });
    }
  }
  const mega = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  process.stdout.write(
    `${machine()}; 32x32x3, 3 levels, width ${options.width}, batch ${options.batch}, emerging\n\n${markdownTable(
      ['depth', 'activations', 'step, s', 'peak, MiB', 'weights, MiB', 'other, MiB'],
      rows.map(({ depth, activations, seconds, peakBytes, weights, rest }) => [
        ...[String(depth), activations, seconds.toFixed(2)],
        ...[peakBytes, weights, rest].map(mega),
      ]),
    )}\n`,
  );
}
