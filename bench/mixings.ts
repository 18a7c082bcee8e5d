// Every mixing in the same small model, trained for the same number of steps on MNIST and examined by the doctor.
//
//   npx tsx bench/mixings.ts --steps 300
//
// Prints a table: parameters, bits/dim on validation images, seconds per step, round-trip error, and the
// verdict.
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatTable } from '../src/cli/terminal/table.ts';
import { DEFAULT_PRESET } from '../src/cli/training/preparedRun.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { mixingNames } from '../src/models/mixing.ts';
import { machine } from './shared/machine.ts';
import { asOptions, emergingJson } from './shared/processes.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const options = new Command('mixings')
  .option('--steps <n>', 'updates of each model', wholeNumber(1), 300)
  .option('--mixing <name,…>', 'the mixings to compare', (text) => text.split(','), mixingNames)
  .option('--images <n>', 'how many images the doctor examines', wholeNumber(1), 64)
  .option('--seed <n>', 'the seed of all models', wholeNumber(0), 0)
  .parse()
  .opts<{ steps: number; seed: number; mixing: string[]; images: number }>();

/** Trains and examines a model with one mixing: a row of the table. */
async function measure(mixing: string, folder: string): Promise<string[]> {
  const { steps, seed, images } = options;
  const run = join(folder, mixing);
  const settings = asOptions({ steps, seed, set: `model.mixing=${mixing}`, out: run });
  const trained = await emergingJson<Record<string, unknown>>('train', ...settings);
  const examined = await emergingJson<Record<string, unknown>>('doctor', run, ...asOptions({ images }));
  const { largestError, exactPixelShare } = examined.reconstruction as Record<string, number>;
  const problems = examined.problems as { layer: string; what: string }[];
  const row = [
    mixing,
    String(trained.parameters),
    Number(trained.bitsPerDim).toFixed(3),
    (batchSize / Number(trained.imagesPerSecond)).toFixed(3),
    largestError!.toExponential(1),
    `${(100 * exactPixelShare!).toFixed(2)} %`,
    examined.ok ? 'sound' : problems.map(({ layer, what }) => `${layer}: ${what}`).join('; '),
  ];
  process.stderr.write(`${row.join('  ')}\n`);
  return row;
}

const { batchSize } = resolveConfig({ preset: DEFAULT_PRESET }).training;
const rows = await inTemporaryFolder('mixings', async (folder) => {
  const measured: string[][] = [];
  for (const mixing of options.mixing) {
    measured.push(await measure(mixing, folder));
  }
  return measured;
});
const table = formatTable(
  [
    { title: 'MIXING' },
    { title: 'PARAMETERS', align: 'right' },
    { title: 'BITS/DIM', align: 'right' },
    { title: 'SECONDS PER STEP', align: 'right' },
    { title: 'ROUND TRIP', align: 'right' },
    { title: 'EXACT PIXELS', align: 'right' },
    { title: 'DOCTOR' },
  ],
  rows,
);
process.stdout.write(`${machine()}; ${options.steps} steps of ${batchSize} images\n${table}\n`);
