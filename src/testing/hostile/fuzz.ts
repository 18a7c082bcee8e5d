// `npm run fuzz:files`: feeds randomly damaged files to the commands that read them, until the time is up. A command must
// work or refuse in one line, within limits, and change nothing else. Failures are kept.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import fc from 'fast-check';
import { wholeNumber } from '../../app/cli/parts/options.ts';
import { visibleText } from '../../core/visibleText.ts';
import { tinyTraining, writeTinyDataset } from '../tinyImages.ts';
import { commandLimits, findBreach } from './contract.ts';
import { damageTo } from './damage.ts';
import { runInLimits } from './inLimits.ts';
import { changeOutside, makeOutside } from './outside.ts';

const { minutes, keep, input, seed } = new Command('fuzz')
  .option('--minutes <n>', 'how long to run', wholeNumber(1), 60)
  .option(
    '--seed <n>',
    'the seed of the damage; by default, from the clock',
    wholeNumber(0),
    Math.floor(Date.now() / 1000),
  )
  .addOption(new Option('--input <n>', 'try only this input of the seed').argParser(wholeNumber(0)))
  .option('--keep <folder>', 'where to keep failures', 'fuzz-findings')
  .parse()
  .opts<{ minutes: number; seed: number; input?: number; keep: string }>();

/** Commands per process: starting one takes seconds. */
const BATCH = 150;
const resolveHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const script = [process.execPath, '--import', import.meta.resolve('tsx'), resolveHere('runCommands.ts')];
/** Files that commands read on their own or in a folder. */
const fixtures = readdirSync(resolveHere('../../data/fixtures')).filter(
  (name) => !/\.(ts|py|mjs)$/.test(name),
);
const [threads, quick] = ['--threads=1', ['--draws=1', '--threads=1']];

const folder = mkdtempSync(join(tmpdir(), 'emerging-fuzz-'));
const sound = join(folder, 'sound');
process.stderr.write(`seed ${seed}; training tiny models to damage\n`);
await makeSound();

/** What is damaged, by name: files, each with the commands that read it. */
const targets = [
  ...filesIn('run').map((name) => ({ name, needs: ['run', 'run2', 'data'], calls: callsOn('run') })),
  ...filesIn('export').map((name) => ({ name, needs: ['export', 'data'], calls: callsOn('export') })),
  ...filesIn('data').map((name) => ({ name, needs: ['data', 'run'], calls: callsOnData('data') })),
  { name: 'prepared.images', needs: ['run', 'prepared.images'], calls: callsOnData('prepared.images') },
  {
    name: 'latents.safetensors',
    needs: ['run', 'latents.safetensors'],
    calls: [['decode', 'run', 'latents.safetensors', '--out=decoded', threads]],
  },
  {
    name: 'digits.eflow',
    needs: ['digits.eflow'],
    calls: [
      ['decompress', 'digits.eflow', '--out=decoded'],
      ['decompress', 'digits.eflow', '--list'],
    ],
  },
  ...fixtures
    .filter((name) => !isFits(name))
    .map((name) => ({
      name: join('fixtures', name),
      needs: ['run', join('fixtures', name)],
      calls: callsOnImages(name),
    })),
  ...fixtures.filter(isFits).map((name) => ({
    name: join('maps', name, 'train', name),
    needs: [join('maps', name)],
    calls: [callToPrepare(join('maps', name))],
  })),
];

/** An input: a file to damage, how, and the command that reads it. */
const inputs = fc
  .constantFrom(...targets)
  .chain((target) => fc.tuple(fc.constant(target), damageTo(target.name), fc.constantFrom(...target.calls)));

const failures = new Map<string, number>();
let [next, tried] = [0, 0];
const end = Date.now() + 60_000 * minutes;
if (input === undefined) {
  await Promise.all(Array.from({ length: availableParallelism() }, work));
} else {
  await tryInputs([input]);
}
process.stdout.write(
  `${tried} inputs, ${failures.size} distinct failures\n${[...failures].map(([failure, count]) => `${count} x ${failure}\n`).join('')}seed ${seed}\n`,
);
rmSync(folder, { recursive: true });
process.exitCode = failures.size > 0 ? 1 : 0;

async function work(): Promise<void> {
  while (Date.now() < end) {
    next += BATCH;
    const first = next - BATCH;
    await tryInputs(Array.from({ length: BATCH }, (_, index) => first + index));
    process.stderr.write(`${tried} inputs, ${failures.size} distinct failures\n`);
  }
}

async function tryInputs(numbers: readonly number[]): Promise<void> {
  const hostileInputs = numbers.map(makeInput);
  const outcomes = await runInLimits(script, hostileInputs, commandLimits);
  for (const [index, outcome] of outcomes.entries()) {
    const { number, description, inputFolder, cwd } = hostileInputs[index]!;
    const failure = findBreach(outcome) ?? changeOutside(join(inputFolder, 'outside'));
    tried++;
    if (failure !== undefined) {
      const general = failure
        .replace(/\/\S+/g, 'PATH')
        .replace(/[\d.,]+/g, 'N')
        .slice(0, 160);
      const kind = visibleText(`${outcome.args[0]}: ${general}`);
      failures.set(kind, (failures.get(kind) ?? 0) + 1);
      const lines = [description, `emerging ${outcome.args.join(' ')}`, failure].map(visibleText);
      const repeat = `repeat: npm run fuzz:files -- --seed ${seed} --input ${number}`;
      process.stdout.write(`${[...lines, repeat].join('\n  ')}\n`);
      const findingFolder = join(keep, `${seed}-${number}`);
      mkdirSync(findingFolder, { recursive: true });
      writeFileSync(
        join(findingFolder, 'finding.txt'),
        `${[...lines, repeat].join('\n')}\n\n${outcome.stderr}`,
      );
      cpSync(cwd, join(findingFolder, 'cwd'), { recursive: true, verbatimSymlinks: true });
    } else if (input !== undefined) {
      process.stdout.write(`${description}\n${outcome.stdout}${outcome.stderr}`);
    }
    rmSync(inputFolder, { recursive: true });
  }
}

/** Makes the input of a number, which doesn't depend on other inputs. */
function makeInput(number: number) {
  const [target, damage, args] = fc.sample(inputs, { seed: seed + number, numRuns: 1 })[0]!;
  const inputFolder = join(folder, 'inputs', String(number));
  const cwd = join(inputFolder, 'cwd');
  makeOutside(join(inputFolder, 'outside'));
  for (const name of target.needs) {
    cpSync(join(sound, name), join(cwd, name), { recursive: true });
  }
  const description = `${target.name}: ${damage(join(cwd, target.name), join(inputFolder, 'outside'))}`;
  return { number, description, inputFolder, cwd, args };
}

/** Trains tiny models, exports one, encodes, compresses and prepares images. */
async function makeSound(): Promise<void> {
  writeTinyDataset(join(sound, 'data'));
  cpSync(resolveHere('../../data/fixtures'), join(sound, 'fixtures'), { recursive: true });
  for (const name of fixtures.filter(isFits)) {
    for (const split of ['train', 'test']) {
      cpSync(join(sound, 'fixtures', name), join(sound, 'maps', name, split, name));
    }
  }
  const training = [...tinyTraining, '--set=training.warmupSteps=0', '--steps=4', '--no-test', threads];
  const calls = [
    ['train', '--data=data', ...training, '--out=run'],
    ['train', '--data=data', ...training, '--out=run2', '--set=seed=1'],
    ['export', 'run', '--out=export'],
    ['encode', 'run', '--data=data', '--count=4', '--out=latents.safetensors', threads],
    ['compress', '--data=data', '--model=export', '--count=4', '--out=digits.eflow', '--workers=1'],
    ['datasets', 'prepare', 'data', '--size=8', '--channels=1', '--out=prepared.images'],
  ].map((args) => ({ args, cwd: sound }));
  const outcomes = await runInLimits(script, calls, { ...commandLimits, seconds: 120 });
  for (const outcome of outcomes) {
    if (outcome.code !== 0 || findBreach(outcome) !== undefined) {
      throw new Error(`cannot prepare: ${outcome.args.join(' ')}: ${outcome.killed ?? outcome.stderr}`);
    }
  }
  // Without an earlier checkpoint to fall back on.
  for (const model of ['run', 'run2']) {
    const checkpoints = join(sound, model, 'checkpoints');
    for (const name of readdirSync(checkpoints).filter((file) => !file.includes('00000004'))) {
      rmSync(join(checkpoints, name));
    }
  }
}

function filesIn(name: string): string[] {
  return readdirSync(join(sound, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(sound.length + 1));
}

function callsOn(model: string): string[][] {
  const calls = [
    ['sample', model, '--count=4', '--out=samples.png', threads],
    ['score', model, '--data=data', '--count=2', threads],
    ['encode', model, '--data=data', '--count=2', '--out=encoded.safetensors', threads],
  ];
  return model === 'export'
    ? calls
    : [
        ...calls,
        ['evaluate', 'run', ...quick],
        ['doctor', 'run', '--images=2', threads],
        ['export', 'run', '--out=exported'],
        ['compare', 'run', 'run2', threads],
        ['train', '--resume', 'run', '--steps=5', '--no-test', threads],
        ['runs', '.'],
      ];
}

function callsOnData(name: string): string[][] {
  return [
    ['evaluate', 'run', `--data=${name}`, ...quick],
    ['datasets', 'show', name, '--out=shown.png', '--limit=100', '--count=4'],
    callToPrepare(name),
  ];
}

function callToPrepare(name: string): string[] {
  return ['datasets', 'prepare', name, '--size=8', '--out=out.images', '--skip-damaged'];
}

/** FITS images are only read in folders. */
function isFits(name: string): boolean {
  return name.endsWith('.fits');
}

function callsOnImages(name: string): string[][] {
  const path = join('fixtures', basename(name));
  return /\.(png|jpeg|webp|gif|tiff|avif)$/.test(name)
    ? [['score', 'run', path, '--resize', ...quick]]
    : callsOnData(path).slice(1);
}
