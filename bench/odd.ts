// How well each score finds odd images: writes docs/results/odd.md and odd.json.
//
//   npx tsx bench/odd.ts            three seeds
//   npx tsx bench/odd.ts --quick    one seed, short training and few images, to stdout: checks that it works, in minutes
//   npx tsx bench/odd.ts --train    only trains the models
//
// Models are kept in data/odd/models, and results in odd.json after each set and seed: neither is repeated, so that an
// interrupted benchmark continues where it was; delete odd.json to score again. Two processes may share the work with
// --only. Icons need the Debian package oxygen-icon-theme, the deep sky and textures stellarium-data, emoji the npm package
// emoji-datasource-google; sets that are missing are left out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { defaultScore } from '../src/evaluation/odd/scores/registry.ts';
import { type Effort, examine, type Result } from './odd/examine.ts';
import { trainedSet } from './odd/models.ts';
import { report } from './odd/report.ts';
import { benchSets, FOLDER } from './odd/sets.ts';

const { quick, only, threads, ...options } = new Command('odd')
  .option('--quick', 'one seed, short training and few images; print the page')
  .option('--train', 'only train the models')
  .option('--only <names>', 'only these sets, separated by commas')
  .option('--seeds <n>', 'seeds (default: 3, or 1 with --quick)', wholeNumber(1))
  .option('--threads <n>', 'threads', wholeNumber(1), 2)
  .parse()
  .opts<{ quick?: true; train?: true; only?: string; seeds?: number; threads: number }>();

const folder = fileURLToPath(new URL('../docs/results/', import.meta.url));
const stored = `${folder}odd.json`;
/** Half the quick start's width, and affine couplings: half a minute on one core. */
const small = [
  'model.depth=3',
  'model.width=32',
  'model.coupling=affine',
  'model.checkerboard=2',
  'model.checkerboardWidth=16',
  'training.learningRate=0.01',
  'training.batchSize=16',
];
const set = [...small, `training.steps=${quick ? 200 : 800}`];
const training = { set, threads, folder: `${FOLDER}/${quick ? 'quick' : 'models'}` };
const effort: Effort = quick
  ? { images: 200, baseline: 1000, planted: 500, labels: 2000 }
  : { images: 400, baseline: 1000, planted: 2480, labels: 5000 };
const { seeds = quick ? 1 : 3 } = options;
const names = only === undefined ? Object.keys(benchSets) : only.split(',');
const unknown = names.find((name) => benchSets[name] === undefined);
if (unknown !== undefined) {
  console.error(`no set '${unknown}'; there are ${Object.keys(benchSets).join(', ')}`);
  process.exit(2);
}

const available = names.filter((name) => benchSets[name]!.missing() === undefined);
const missing = names.flatMap((name) => {
  const why = benchSets[name]!.missing();
  return why === undefined ? [] : [`${name}: ${why}`];
});
let newest: readonly Result[] = [];
// Read again each time: another process may have added some.
const known = (): readonly Result[] =>
  quick ? newest : existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : [];
// Seed by seed, so that there are results of every set early.
for (let seed = 0; seed < seeds; seed++) {
  for (const name of available) {
    if (known().some((result) => result.set === name && result.seed === seed)) {
      continue;
    }
    const trained = await trainedSet(name, benchSets[name]!, seed, training);
    if (!options.train) {
      const result = await examine(name, seed, trained, effort);
      newest = [...known(), result];
      const found = Object.entries(result.rates).map(
        ([kind, rates]) => `${kind} ${rates[defaultScore]!.auc.toFixed(3)}`,
      );
      process.stderr.write(`${name} ${seed}: ${found.join(', ')}\n`);
      if (!quick) {
        writeFileSync(stored, `${JSON.stringify(newest, null, 1)}\n`);
      }
    }
    await Promise.all([trained.model, trained.general].map((model) => model.release()));
  }
}
if (!options.train) {
  const page = report(known(), ['npx tsx bench/odd.ts', ...process.argv.slice(2)].join(' '), missing);
  if (quick) {
    process.stdout.write(page);
  } else {
    writeFileSync(`${folder}odd.md`, page);
  }
}
