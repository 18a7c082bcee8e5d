// Densities of random fields against the known truth, and φ⁴ without data: writes docs/results/fields.md and fields.json.
//
//   npx tsx bench/fields.ts                   all experiments
//   npx tsx bench/fields.ts --only gaussian   one of them; two processes may share the work so
//   npx tsx bench/fields.ts --quick           small fields and short training, to stdout: checks that it works
//
// Models are kept in data/fields, and results in fields.json after each of them: neither is repeated, and an interrupted
// training resumes from its last checkpoint. Delete the entries of fields.json to measure again.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { createProgress } from '../src/cli/terminal/progress.ts';
import { countParameters } from '../src/models/flowRegistry.ts';
import { once } from '../src/numeric/once.ts';
import { writeFileAtomically } from '../src/storage/files.ts';
import { examine } from './fields/examine.ts';
import { datasetOf, type FieldKind, fieldKinds, isConditioned, testFields } from './fields/fieldSets.ts';
import { type Trained, trainedOn, trainedToPhi4 } from './fields/models.ts';
import { examineAction } from './fields/phi4Result.ts';
import { type Result, report } from './fields/report.ts';
import { parameterNames } from './fields/spectrum.ts';
import { machine } from './shared/machine.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

/** The experiment without data. */
const PHI4 = 'phi4';
const names = [...Object.keys(fieldKinds), PHI4];
const mixings = ['emerging', 'periodic', '1x1'];

const options = new Command('fields')
  .option('--quick', 'small fields, short training and one mixing; print the page')
  .option('--only <name>', `one of ${names.map((name) => `'${name}'`).join(', ')}`)
  .option('--mixings <names>', 'with these mixings, separated by commas', mixings.join())
  .option('--steps <n>', 'training steps (default: enough for each experiment)', wholeNumber(1))
  .option('--threads <n>', 'threads', wholeNumber(1), 1)
  .parse()
  .opts<{ quick?: true; only?: string; mixings: string; steps?: number; threads: number }>();
const { quick, only, threads } = options;
const chosen = options.mixings.split(',');
refuseUnknown('experiment', only === undefined ? [] : [only], names);
refuseUnknown('mixing', chosen, mixings);

/** How many fields, samples and steps. */
const effort = quick
  ? { side: 8, lattice: 4, train: 256, held: 32, inferred: 4, samples: 256, sweeps: 400 }
  : { side: 32, lattice: 8, train: 16384, held: 400, inferred: 100, samples: 65536, sweeps: 10_000_000 };
const stepsOf = (experiment: string): number => {
  // Information needs longer training than the density, and its models also learn the exponential.
  const usual: Readonly<Record<string, number>> = {
    gaussian: 1500,
    'gaussian, conditioned': 10_000,
    'log-normal': 5000,
    'log-normal, conditioned': 20_000,
    [PHI4]: 2500,
  };
  return options.steps ?? (quick ? 60 : usual[experiment]!);
};

const both = [
  'model.boundary=periodic',
  'training.warmupSteps=50',
  'training.learningRate=0.003',
  'training.decay=0.5',
];
const onFields = [
  ...both,
  'data.augment=[flip, flipVertical, transpose]',
  'model.continuous=true',
  `model.levels=${quick ? 2 : 3}`,
  `model.depth=${quick ? 2 : 4}`,
  `model.width=${quick ? 8 : 32}`,
  'training.batchSize=32',
];
const onLattice = [
  ...both,
  'model.continuous={mean: [0], deviation: [0.5]}',
  'model.levels=1',
  `model.depth=${quick ? 2 : 8}`,
  `model.width=${quick ? 8 : 24}`,
  'training.batchSize=256',
  'training.averageDecay=0.98',
];

const folder = fileURLToPath(new URL('../', import.meta.url));
const stored = `${folder}docs/results/fields.json`;
const made: Result[] = [];
// Read again each time: another process may have added some.
const known = (): readonly Result[] =>
  quick ? made : existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : [];

/** Trains and examines models with each mixing, except those that have results. */
async function perform(experiment: string, models: string): Promise<void> {
  const left = chosen.filter(
    (mixing) => !known().some((one) => one.experiment === experiment && one.mixing === mixing),
  );
  const kind: FieldKind | undefined = (fieldKinds as Record<string, FieldKind>)[experiment];
  const dataset = once(() => datasetOf(experiment, kind!, effort));
  for (const mixing of left) {
    const steps = [`model.mixing=${mixing}`, `training.steps=${stepsOf(experiment)}`];
    const settings = kind
      ? [...onFields, ...(isConditioned(kind) ? ['model.condition=true'] : [])]
      : onLattice;
    const training = {
      place: `${models}/${experiment.replace(', ', '-')}-${mixing}`,
      set: [...settings, ...steps],
      threads,
    };
    const { lattice } = effort;
    const trained = kind
      ? await trainedOn(dataset, training)
      : await trainedToPhi4([lattice, lattice, 1], training);
    const { model, ...took } = trained;
    const found = kind
      ? {
          density: await withProgress('posteriors', parameterNames.length * effort.inferred, (follow) =>
            examine(model, kind, testFields(kind, effort), effort.inferred, follow),
          ),
        }
      : {
          action: await withProgress('sweeps', effort.sweeps, (onSweeps) =>
            examineAction(model, { ...effort, onSweeps }),
          ),
        };
    await model.release();
    add({ experiment, mixing, weights: weightsOf(trained), ...took, machine: machine(), ...found });
  }
}

function add(result: Result): void {
  made.push(result);
  const { experiment, mixing, density, action } = result;
  process.stderr.write(
    `${experiment}, ${mixing}: ${density ? `${density.difference.toFixed(4)} ± ${density.error.toFixed(4)} nats/value` : `effective sample size ${action!.effectiveSampleSize.toFixed(3)}`}\n`,
  );
  if (!quick) {
    const all = [...known(), result].sort((a, b) => orderOf(a) - orderOf(b));
    writeFileAtomically(stored, `${JSON.stringify(all, null, 1)}\n`);
    publish();
  }
}

/** Writes the page, or with --quick prints it. */
function publish(): void {
  const page = report(known(), 'npx tsx bench/fields.ts');
  if (quick) {
    process.stdout.write(page);
  } else {
    writeFileAtomically(`${folder}docs/results/fields.md`, page);
  }
}

function refuseUnknown(what: string, given: readonly string[], there: readonly string[]): void {
  const unknown = given.find((name) => !there.includes(name));
  if (unknown !== undefined) {
    console.error(`no ${what} '${unknown}'; there are ${there.join('; ')}`);
    process.exit(2);
  }
}

function orderOf({ experiment, mixing }: Result): number {
  return names.indexOf(experiment) * mixings.length + mixings.indexOf(mixing);
}

function weightsOf({ model }: Trained): number {
  return countParameters(model.imageShape, model.model.options);
}

async function withProgress<Value>(
  label: string,
  total: number,
  compute: (follow: (done: number) => void) => Promise<Value>,
): Promise<Value> {
  const progress = createProgress({ label, total });
  try {
    return await compute((done) => progress.update(done));
  } finally {
    progress.finish();
  }
}

async function main(models: string): Promise<void> {
  for (const experiment of only === undefined ? names : [only]) {
    await perform(experiment, models);
  }
  publish();
}

await (quick ? inTemporaryFolder('fields', main) : main(`${folder}data/fields`));
