// Every command that reads runs, exports or images, on files that a stranger made: refused in words, in little
// time and memory, whatever they hold.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../testing/command.ts';
import { breachOf, commandLimits } from '../testing/hostile/contract.ts';
import { writeHostileImages } from '../testing/hostile/hostileImages.ts';
import { type HostileFolder, writeHostileModels } from '../testing/hostile/hostileModels.ts';
import { runInLimits } from '../testing/hostile/inLimits.ts';
import type { Outcome } from '../testing/hostile/runCommands.ts';
import { tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';

const emerging = commandProcess();

let runs: readonly HostileFolder[];
let exports: readonly HostileFolder[];
let images: readonly HostileFolder[];

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  const options = ['--set=training.warmupSteps=0', '--steps=4', '--threads=1', '--no-test'];
  await emerging.json('train', '--data=data', ...tinyTraining, ...options, '--out=sound/run');
  // No earlier checkpoint to fall back on.
  for (const name of readdirSync(join(emerging.folder, 'sound/run/checkpoints'))) {
    if (!name.includes('00000004')) {
      rmSync(join(emerging.folder, 'sound/run/checkpoints', name));
    }
  }
  await emerging.json('export', 'sound/run', '--out=sound/export');
  await emerging
    .json('datasets', 'show', 'data', '--out=image.png', '--count=1', '--scale=1')
    .catch(() => {});
  mkdirSync(join(emerging.folder, 'hostile'));
  ({ runs, exports } = writeHostileModels(join(emerging.folder, 'hostile'), {
    run: join(emerging.folder, 'sound/run'),
    exported: join(emerging.folder, 'sound/export'),
  }));
  images = writeHostileImages(join(emerging.folder, 'images'));
});

/** Runs commands in limits. */
async function outcomesOf(commands: readonly (readonly string[])[]): Promise<readonly Outcome[]> {
  const [node, main] = emerging.words() as [string, string];
  const script = [node, join(dirname(main), '../testing/hostile/runCommands.js')];
  const calls = commands.map((args) => ({ args, cwd: emerging.folder }));
  return runInLimits(script, calls, commandLimits);
}

async function expectRefusals(
  folders: readonly HostileFolder[],
  command: (path: string) => string[],
): Promise<void> {
  const outcomes = await outcomesOf(folders.map(({ path }) => command(path)));
  expect(outcomes).toHaveLength(folders.length);
  const breaches = outcomes.flatMap((outcome, index) => {
    const { verdict } = folders[index]!;
    const isAccepted = verdict === 'refuse' && outcome.code === 0;
    const breach = breachOf(outcome) ?? (isAccepted ? 'was not refused' : undefined);
    return breach === undefined ? [] : `${outcome.args.join(' ')}: ${breach}`;
  });
  expect(breaches).toEqual([]);
}

const quick = ['--threads=1'];

it.each<[string, (path: string) => string[]]>([
  ['evaluate', (path) => ['evaluate', path, '--draws=1', ...quick]],
  ['sample', (path) => ['sample', path, '--count=4', '--out=samples.png', ...quick]],
  ['encode', (path) => ['encode', path, '--data=data', '--count=4', '--out=latents.safetensors', ...quick]],
  ['doctor', (path) => ['doctor', path, '--images=2', ...quick]],
  ['score', (path) => ['score', path, '--data=data', ...quick]],
  ['interpolate', (path) => ['interpolate', path, 'seed:0', 'seed:1', '--out=between.png', ...quick]],
  ['export', (path) => ['export', path, `--out=${path.replace('hostile/', 'exported/')}`]],
  ['compare', (path) => ['compare', 'sound/run', path, ...quick]],
  ['train --resume', (path) => ['train', '--resume', path, '--steps=5', '--no-test', ...quick]],
])('%s survives all runs', { timeout: 600_000 }, async (_, command) => {
  await expectRefusals(runs, command);
});

it.each<[string, (path: string) => string[]]>([
  ['sample', (path) => ['sample', path, '--count=4', '--out=samples.png', ...quick]],
  ['interpolate', (path) => ['interpolate', path, 'seed:0', 'seed:1', '--out=between.png', ...quick]],
])('%s survives all exports', { timeout: 600_000 }, async (_, command) => {
  await expectRefusals(exports, command);
});

const prepared = (path: string): string => `--out=${path.replace('images/', 'prepared-')}`;

it.each<[string, (path: string) => string[]]>([
  ['datasets show', (path) => ['datasets', 'show', path, '--count=4', '--limit=100', '--out=shown.png']],
  ['datasets prepare', (path) => ['datasets', 'prepare', path, '--size=8', prepared(path)]],
  ['score', (path) => ['score', 'sound/run', path, '--resize', '--draws=1', ...quick]],
  ['encode', (path) => ['encode', 'sound/run', path, '--resize', '--out=latents.safetensors', ...quick]],
  ['evaluate', (path) => ['evaluate', 'sound/run', `--data=${path}`, '--draws=1', ...quick]],
  ['train', (path) => ['train', `--data=${path}`, '--steps=1', '--no-test', '--out=trained', ...quick]],
])('%s survives all images', { timeout: 600_000 }, async (_, command) => {
  await expectRefusals(images, command);
});

it('runs lists them all', { timeout: 60_000 }, async () => {
  const [outcome] = await outcomesOf([['runs', 'hostile/runs']]);
  expect(breachOf(outcome!)).toBeUndefined();
  expect(outcome!.code).toBe(0);
  for (const { path } of runs) {
    expect(outcome!.stdout).toContain(basename(path));
  }
});
