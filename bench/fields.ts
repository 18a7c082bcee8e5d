// Densities of random fields against the known truth: the model's log-likelihood minus the exact one, in nats/value.
//
//   npx tsx bench/fields.ts
//   npx tsx bench/fields.ts --only gaussian --mixing emerging
//
// Prints a row for each model. All of them take hours, one of gaussian about ten minutes.
import { Command } from 'commander';
import { parseChoices, wholeNumber } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { mean, standardErrorOfMean } from '../src/core/numeric/statistics.ts';
import { conditioned } from '../src/data/contract/conditions.ts';
import { type Dataset, type ImageSet, imagesInMemory } from '../src/data/contract/dataset.ts';
import { mixingNames } from '../src/flows/models/partRegistries.ts';
import { markdownTable } from '../src/model/card/reportText.ts';
import { resolveConfig } from '../src/runs/settings/resolve.ts';
import {
  drawFields,
  exactDensities,
  type FieldKind,
  type Fields,
  isConditioned,
  lawParameters,
} from './fields/fieldKinds.ts';
import { machine } from './shared/machine.ts';
import { trainModel } from './shared/trainModel.ts';

/** The kinds of fields, with the steps that models are trained for. */
const experiments: Readonly<Record<string, { readonly kind: FieldKind; readonly steps: number }>> = {
  gaussian: { kind: fieldKind(1, 3, 3, false), steps: 1500 },
  'gaussian-conditioned': { kind: fieldKind(1.4, 2, 3.5, false), steps: 10_000 },
  'log-normal': { kind: fieldKind(0.15, 3, 3, true), steps: 5000 },
  'log-normal-conditioned': { kind: fieldKind(0.12, 2, 3.5, true), steps: 20_000 },
};
const names = Object.keys(experiments);

const options = new Command('fields')
  .option('--only <name,…>', `of ${names.join(', ')}`, parseChoices('experiment', names), names)
  .option('--mixing <name,…>', 'the mixings', parseChoices('mixing', mixingNames), [
    'emerging',
    'periodic',
    '1x1',
  ])
  .option('--steps <n>', 'training steps (default: enough for each experiment)', wholeNumber(1))
  .option('--side <n>', 'height and width of the fields, a power of two', wholeNumber(4), 32)
  .option('--train <n>', 'training fields', wholeNumber(1), 16384)
  .option('--held <n>', 'held-out fields', wholeNumber(2), 400)
  .option('--threads <n>', 'threads', wholeNumber(1), 1)
  .parse()
  .opts<{
    only: string[];
    mixing: string[];
    steps?: number;
    side: number;
    train: number;
    held: number;
    threads: number;
  }>();

try {
  const rows: string[][] = [];
  for (const name of options.only) {
    for (const mixing of options.mixing) {
      rows.push(await examine(name, mixing));
    }
  }
  const titles = ['fields', 'mixing', 'steps', 'exact, nats/value', 'model − exact'];
  process.stdout.write(`${machine(options.threads)}\n\n${markdownTable(titles, rows)}\n`);
} catch (error) {
  process.exitCode = reportFailure(error);
}

/** Trains a model and compares its density with the exact one: a row of the table. */
async function examine(name: string, mixing: string): Promise<string[]> {
  const { side, held, threads } = options;
  const { kind, steps: usualSteps } = experiments[name]!;
  const steps = options.steps ?? usualSteps;
  const set = [
    ...[`data.name=${name}`, 'model.boundary=periodic', 'model.continuous=true', `model.mixing=${mixing}`],
    ...(isConditioned(kind) ? ['model.condition=true'] : []),
    ...[`model.levels=${Math.min(3, Math.log2(side) - 1)}`, 'model.depth=4', 'model.conditioner.width=32'],
    ...['data.augment=[flip, flipVertical, transpose]', 'training.batchSize=32', `training.steps=${steps}`],
    ...['training.warmupSteps=50', 'training.learningRate=0.003', 'training.decay=0.5'],
  ];
  const config = resolveConfig({ set });
  const fields = drawFields(kind, { side, count: held, part: 'test' });
  const model = await trainModel(`${name} ${mixing}`, openFields(name, kind, fields), config, threads);
  const condition = isConditioned(kind) ? { condition: lawParameters(fields) } : {};
  const { logLikelihood } = await model.gradient(fields.values, condition);
  await model.release();
  const area = side * side;
  const exact = exactDensities(fields, kind);
  const differences = exact.map((logDensity, index) => (logLikelihood[index]! - logDensity) / area);
  const error = standardErrorOfMean(differences)!.toFixed(4);
  const row = [
    name,
    mixing,
    String(steps),
    (mean(exact) / area).toFixed(4),
    `${mean(differences).toFixed(4)} ± ${error}`,
  ];
  process.stderr.write(`${row.join('  ')}\n`);
  return row;
}

/** Training, validation and test fields of a kind. */
function openFields(name: string, kind: FieldKind, test: Fields): Dataset {
  const { side, train, held } = options;
  const images = (fields: Fields): ImageSet => {
    const values = imagesInMemory(fields.values, [side, side, 1]);
    return isConditioned(kind) ? conditioned(values, lawParameters(fields), name) : values;
  };
  return {
    name,
    imageShape: [side, side, 1],
    train: images(drawFields(kind, { side, count: train, part: 'train' })),
    validation: images(drawFields(kind, { side, count: Math.ceil(held / 4), part: 'validation' })),
    test: images(test),
  };
}

/** Amplitudes are uniform between half of `amplitude` and all of it, unless the slope is fixed. */
function fieldKind(amplitude: number, from: number, to: number, isLogNormal: boolean): FieldKind {
  const least = from === to ? amplitude : amplitude / 2;
  return { from: { amplitude: least, slope: from }, to: { amplitude, slope: to }, isLogNormal };
}
