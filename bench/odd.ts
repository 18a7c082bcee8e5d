// How well each score finds odd images: writes docs/results/odd.md and odd.json.
//
//   npx tsx bench/odd.ts            three seeds, two models each
//   npx tsx bench/odd.ts --quick    one seed and narrow models, to stdout: checks that it works, in minutes
//
// Results are stored after each set and seed, and not measured again; delete odd.json to start over. Icons need the Debian
// package oxygen-icon-theme, the deep sky and textures stellarium-data; sets that are missing are left out. The page
// gives the seconds of each set; --steps shortens the training.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { type Effort, examine, type Result } from './odd/examine.ts';
import { report } from './odd/report.ts';
import { benchSets } from './odd/sets.ts';

const { quick, only, threads, steps } = new Command('odd')
  .option('--quick', 'one seed and narrow models; print the page')
  .option('--only <names>', 'only these sets, separated by commas')
  .option('--threads <n>', 'threads', wholeNumber(1), 2)
  .option('--steps <n>', 'training steps (default: 2000, or 300 with --quick)', wholeNumber(1))
  .parse()
  .opts<{ quick?: true; only?: string; threads: number; steps?: number }>();

const folder = fileURLToPath(new URL('../docs/results/', import.meta.url));
const stored = `${folder}odd.json`;
const narrow = [
  'model.coupling=affine',
  'model.checkerboard=0',
  'model.depth=2',
  'model.width=24',
  'training.batchSize=64',
  'training.averageDecay=0.99',
  'training.learningRate=0.01',
  'training.warmupSteps=50',
];
const effort: Effort = quick
  ? { set: [...narrow, `training.steps=${steps ?? 300}`], images: 400, baseline: 1000, threads }
  : { set: [`training.steps=${steps ?? 2000}`], images: 1000, baseline: 5000, threads };
const seeds = quick ? [0] : [0, 1, 2];
const names = only === undefined ? Object.keys(benchSets) : only.split(',');
const unknown = names.find((name) => benchSets[name] === undefined);
if (unknown !== undefined) {
  console.error(`no set '${unknown}'; there are ${Object.keys(benchSets).join(', ')}`);
  process.exit(2);
}

const results: Result[] = !quick && existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : [];
const missing: string[] = [];
for (const name of names) {
  const set = benchSets[name]!;
  const why = set.missing();
  if (why !== undefined) {
    missing.push(`${name}: ${why}`);
    continue;
  }
  for (const seed of seeds) {
    if (results.some((result) => result.set === name && result.seed === seed)) {
      continue;
    }
    results.push(await examine(name, seed, await set.open(seed), effort));
    if (!quick) {
      writeFileSync(stored, `${JSON.stringify(results, null, 1)}\n`);
    }
  }
}
const page = report(results, ['npx tsx bench/odd.ts', ...process.argv.slice(2)].join(' '), missing);
if (quick) {
  process.stdout.write(page);
} else {
  writeFileSync(`${folder}odd.md`, page);
}
