// Every command that reads runs, exports or images, on files that a stranger made: refused in words, in little
// time and memory, whatever they hold.
// @module-tag system
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { describeOptions } from '../../core/parts/index.ts';
import { inMemory } from '../../data/files/fileStore.ts';
import { HEADER_BYTES } from '../../data/packed/packedLayout.ts';
import { innerParts } from '../../flows/models/options.ts';
import { commandProcess } from '../../testing/command.ts';
import { hostileCompressedFiles } from '../../testing/hostile/compressedFiles.ts';
import { commandLimits, findBreach } from '../../testing/hostile/contract.ts';
import { damageTo } from '../../testing/hostile/damage.ts';
import { unbindExport } from '../../testing/hostile/hostileExports.ts';
import { writeHostileImages } from '../../testing/hostile/hostileImages.ts';
import { writeHostileLatents } from '../../testing/hostile/hostileLatents.ts';
import { type HostileFolder, writeHostileModels } from '../../testing/hostile/hostileModels.ts';
import { writeHostileTables } from '../../testing/hostile/hostileTables.ts';
import { runInLimits } from '../../testing/hostile/inLimits.ts';
import { changeOutside, makeOutside } from '../../testing/hostile/outside.ts';
import type { Outcome } from '../../testing/hostile/runCommands.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { readHeader } from '../../uses/codec/file/header.ts';

const emerging = commandProcess();
const quick = ['--threads=1'];

let runs: readonly HostileFolder[];
let exports: readonly HostileFolder[];
let scores: readonly HostileFolder[];
let images: readonly HostileFolder[];
let latents: readonly HostileFolder[];

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  const options = [
    '--set=model.levels=1',
    '--set=training.warmupSteps=0',
    '--steps=4',
    '--no-test',
    ...quick,
  ];
  await emerging.json('train', '--data=data', ...tinyTraining, ...options, '--out=sound/run');
  // No earlier checkpoint to fall back on.
  for (const name of readdirSync(join(emerging.folder, 'sound/run/checkpoints'))) {
    if (!name.includes('00000004')) {
      rmSync(join(emerging.folder, 'sound/run/checkpoints', name));
    }
  }
  await emerging.json('export', 'sound/run', '--out=sound/export');
  const encoding = ['--data=data', '--count=2', '--out=two.safetensors', ...quick];
  await emerging.json('encode', 'sound/run', ...encoding);
  mkdirSync(join(emerging.folder, 'hostile'));
  ({ runs, exports, scores } = writeHostileModels(join(emerging.folder, 'hostile'), {
    run: join(emerging.folder, 'sound/run'),
    exported: join(emerging.folder, 'sound/export'),
  }));
  images = writeHostileImages(join(emerging.folder, 'images'));
  latents = writeHostileLatents(join(emerging.folder, 'hostile'), join(emerging.folder, 'two.safetensors'));
});

/** Runs commands in limits. */
async function collectOutcomes(commands: readonly (readonly string[])[]): Promise<readonly Outcome[]> {
  const [node, main] = emerging.words() as [string, string];
  const script = [node, join(dirname(main), '../../testing/hostile/runCommands.js')];
  const calls = commands.map((args) => ({ args, cwd: emerging.folder }));
  return runInLimits(script, calls, commandLimits);
}

async function expectRefusals(
  folders: readonly HostileFolder[],
  command: (path: string) => string[],
): Promise<void> {
  const outcomes = await collectOutcomes(folders.map(({ path }) => command(path)));
  expect(outcomes).toHaveLength(folders.length);
  const breaches = outcomes.flatMap((outcome, index) => {
    const { verdict } = folders[index]!;
    const isAccepted = verdict === 'refuse' && outcome.code === 0;
    const breach = findBreach(outcome) ?? (isAccepted ? 'was not refused' : undefined);
    return breach === undefined ? [] : `${outcome.args.join(' ')}: ${breach}`;
  });
  expect(breaches).toEqual([]);
}

// `encode` and `interpolate` read what `sample` reads, `compare` what `evaluate` reads.
it.each<[string, (path: string) => string[]]>([
  ['evaluate', (path) => ['evaluate', path, '--draws=1', ...quick]],
  ['sample', (path) => ['sample', path, '--count=4', '--out=samples.png', ...quick]],
  ['doctor', (path) => ['doctor', path, '--images=2', ...quick]],
  ['score', (path) => ['score', path, '--data=data', ...quick]],
  ['export', (path) => ['export', path, `--out=${path.replace('hostile/', 'exported/')}`]],
  ['train --resume', (path) => ['train', '--resume', path, '--steps=5', '--no-test', ...quick]],
])('%s survives all runs', { timeout: 600_000 }, async (_, command) => {
  await expectRefusals(runs, command);
});

it('sample survives all exports', { timeout: 600_000 }, async () => {
  await expectRefusals(exports, (path) => ['sample', path, '--count=4', '--out=samples.png', ...quick]);
});

it('score survives all scores of exports', { timeout: 600_000 }, async () => {
  await expectRefusals(scores, (path) => ['score', path, 'data/test', ...quick]);
});

it('score survives random damage to exports', { timeout: 600_000 }, async () => {
  const outside = join(emerging.folder, 'outside');
  makeOutside(outside);
  const damaged = ['model.safetensors', 'manifest.json', 'scores.json'].flatMap((name) =>
    fc.sample(damageTo(name), { seed: 1, numRuns: 20 }).map((damage, index) => {
      const path = join(emerging.folder, 'damaged', `${index} ${name}`);
      cpSync(join(emerging.folder, 'sound/export'), path, { recursive: true });
      unbindExport(path);
      damage(join(path, name), outside);
      return { path, verdict: 'cope' as const };
    }),
  );
  await expectRefusals(damaged, (path) => ['score', path, 'data/test', ...quick]);
  expect(changeOutside(outside)).toBeUndefined();
});

const prepared = (path: string): string => `--out=${path.replace('images/', 'prepared-')}`;

// `encode` reads images as `score` does, `evaluate` and `datasets show` read datasets as `train`.
it.each<[string, (path: string) => string[]]>([
  ['datasets prepare', (path) => ['datasets', 'prepare', path, '--size=8', prepared(path)]],
  ['score', (path) => ['score', 'sound/run', path, '--resize', '--draws=1', ...quick]],
  ['train', (path) => ['train', `--data=${path}`, '--steps=1', '--no-test', '--out=trained', ...quick]],
])('%s survives all images', { timeout: 600_000 }, async (_, command) => {
  await expectRefusals(images, command);
});

it('train survives all tables of conditions', { timeout: 600_000 }, async () => {
  const train = ['train --data=data', ...tinyTraining, '--set=model.condition=true', '--no-test', ...quick];
  const tables = writeHostileTables(join(emerging.folder, 'tables'));
  await expectRefusals(tables, (path) => [
    ...train,
    `--set=data.conditions=${path}`,
    '--steps=1',
    '--out=given',
  ]);
});

// One command may take ten times its processor time by the clock.
it('runs lists them all', { timeout: 10_000 * commandLimits.seconds + 10_000 }, async () => {
  const [outcome] = await collectOutcomes([['runs', 'hostile/runs']]);
  expect(findBreach(outcome!)).toBeUndefined();
  expect(outcome!.code).toBe(0);
  for (const { path } of runs) {
    expect(outcome!.stdout).toContain(basename(path));
  }
});

it('decompress survives all compressed files', { timeout: 600_000 }, async () => {
  const sound = ['compress', '--data=data', '--count=2', '--model=sound/run', '--out=sound.eflow'];
  await emerging.json(...sound);
  const bytes = inMemory(readFileSync(join(emerging.folder, 'sound.eflow')), 'sound.eflow');
  const start = await bytes.read(0, (await readHeader(bytes, 'sound.eflow')).end);
  const files = [...hostileCompressedFiles(start)].map(([name, content]) => {
    writeFileSync(join(emerging.folder, 'hostile', `${name}.eflow`), content());
    return { path: `hostile/${name}.eflow`, verdict: 'refuse' as const };
  });
  await expectRefusals(files, (path) => ['decompress', path, '--out=returned', '--workers=1']);
  // A list doesn't decode blocks.
  const listed = files.map((file) =>
    /no bytes|half a word/.test(file.path) ? { ...file, verdict: 'cope' as const } : file,
  );
  await expectRefusals(listed, (path) => ['decompress', path, '--list', '--range=0-1']);
});

it('decode survives all latents, and writes the number of images it reports', {
  timeout: 600_000,
}, async () => {
  const outputPath = (path: string): string => path.replace('latents ', 'decoded ');
  const decode = (path: string): string[] => [
    'decode sound/run',
    path,
    `--out=${outputPath(path)}`,
    ...quick,
  ];
  await expectRefusals(latents, decode);
  for (const { path } of latents) {
    const files = existsSync(outputPath(path)) ? filesIn(outputPath(path)) : [];
    expect([0, 2], path).toContain(files.length);
  }
});

/** The names of the files in a folder and its subfolders. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

describe('a run is refused, or gives the same bits/dim, with other options of the model:', () => {
  const changes: [string, object][] = [
    ...[{ bits: 7 }, { bits: 1 }, { learnedPrior: false }, { mask: 'checkerboard' }],
    // Every part, and every option of a part with another value.
    ...Object.entries(innerParts).flatMap(([key, { library }]) =>
      library.flatMap(({ name, options }) => [
        { [key]: name },
        ...describeOptions(options).map(({ name: option, default: value }) => ({
          [key]: {
            name,
            [option]: option === 'kernelSize' ? 5 : Number(value) === 0 ? 0.5 : Number(value) * 2,
          },
        })),
      ]),
    ),
  ].map((change) => [JSON.stringify(change), change]);
  let sound: Outcome;
  let edited: readonly Outcome[];

  beforeAll(async () => {
    const copies = changes.map(([, change], index) => {
      const copy = join(emerging.folder, 'edited', String(index));
      cpSync(join(emerging.folder, 'sound/run'), copy, { recursive: true });
      const config = join(copy, 'config.yaml');
      const { model, ...modelConfig } = parse(readFileSync(config, 'utf8'));
      writeFileSync(config, stringify({ ...modelConfig, model: { ...model, ...change } }));
      return copy;
    });
    [sound, ...edited] = (await collectOutcomes(
      ['sound/run', ...copies].map((path) => ['evaluate', path, '--draws=1', '--json', ...quick]),
    )) as [Outcome, ...Outcome[]];
    expect(sound.code, sound.stderr).toBe(0);
  });

  it.each(changes.map(([name], index) => [name, index] as const))('%s', (_, index) => {
    const outcome = edited[index]!;
    expect(findBreach(outcome)).toBeUndefined();
    if (outcome.code === 0) {
      expect(JSON.parse(outcome.stdout).bitsPerDim).toBe(JSON.parse(sound.stdout).bitsPerDim);
    }
  });
});

it('evaluate notices every flipped byte of a prepared file', async () => {
  const out = join(emerging.folder, 'flip.images');
  await emerging.json('datasets', 'prepare', 'data', '--size=8', '--channels=1', `--out=${out}`);
  const bytes = readFileSync(out);
  // 160 training images of 64 bytes, then those for testing.
  const flips = [64 * 160, 64 * 184 + 32, 64 * 208 - 1].map((offset) => HEADER_BYTES + offset);
  const paths = flips.map((offset) => {
    const path = join(emerging.folder, `flipped-${offset}.images`);
    const flipped = Uint8Array.from(bytes);
    flipped[offset]! ^= 0x40;
    writeFileSync(path, flipped);
    return { path, verdict: 'refuse' as const };
  });
  await expectRefusals(paths, (path) => ['evaluate', 'sound/run', `--data=${path}`, '--draws=1', ...quick]);
});
