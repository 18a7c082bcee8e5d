// Links planted where commands choose the names of their files: no command writes through them.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { downloadAnswers } from '../../testing/hostile/downloadAnswers.ts';
import { type HostileServer, startHostileServer } from '../../testing/hostile/hostileServer.ts';
import { changeOutside, makeOutside, plantedLinks } from '../../testing/hostile/outside.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { createProgram } from './commandTree.ts';

const emerging = commandProcess();
const training = [...tinyTraining, '--set=training.warmupSteps=0', '--steps=1', '--no-test', '--threads=1'];

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer(downloadAnswers);
  writeTinyDataset(join(emerging.folder, 'photos'));
  await emerging.json('train', '--data=photos', ...training, '--out=run');
});
afterAll(() => server.close());

/** A working directory where something is planted, and the folder that it leads to. */
interface Planted {
  readonly cwd: string;
  readonly outside: string;
}

let count = 0;
function planted(path: string, plant: (path: string, outside: string) => void): Planted {
  const cwd = `place-${count++}`;
  const outside = join(emerging.folder, `outside-${cwd}`);
  makeOutside(outside);
  mkdirSync(dirname(join(emerging.folder, cwd, path)), { recursive: true });
  plant(join(emerging.folder, cwd, path), outside);
  for (const named of ['photos', 'run']) {
    symlinkSync(join(emerging.folder, named), join(emerging.folder, cwd, named));
  }
  return { cwd, outside };
}

/** Runs a command, which must change nothing outside of its working directory. */
async function run({ cwd, outside }: Planted, ...args: string[]) {
  const result = await emerging.inside(cwd).run(...args);
  expect([0, 1, 2], result.stderr).toContain(result.code);
  expect(result.stderr).not.toContain('unexpected error');
  expect(changeOutside(outside)).toBeUndefined();
  return result;
}

const getFashion = (answer: string): string[] => [
  'datasets get fashion-mnist',
  `--from=${server.urlOf(answer)}`,
];

describe.runIf(process.platform !== 'win32')('with links', () => {
  const file = 'data/fashion-mnist/train-images-idx3-ubyte.gz';
  const show = ['datasets', 'show', 'photos', '--count=4'];
  const compare = ['compare', 'run', 'run', '--threads=1'];
  const prepare = ['datasets', 'prepare', '../photos', '--size=8'];
  const train = ['train', '--data=../photos', ...training];

  describe.each<[string, string[]]>([
    ['photos-train.png', show],
    ['compare.png', compare],
    ['data/photos-8.images', prepare],
    ['data', prepare],
    ['runs', train],
  ])('a default output is not written through %s', (path, command) => {
    it.each(Object.keys(plantedLinks))('a %s', async (plant) => {
      await run(planted(path, plantedLinks[plant]!), ...command);
    });
  });

  describe.each([file, 'data/fashion-mnist', 'data'])('a download is not written through %s', (path) => {
    it.each(Object.keys(plantedLinks))('a %s', async (plant) => {
      await run(planted(path, plantedLinks[plant]!), ...getFashion('short'));
    });
  });

  it.each([
    ['photos-train.png', 'file', '--out photos-train.png', () => show],
    ['photos-train.png', 'new', '--out photos-train.png', () => show],
    ['compare.png', 'file', '--out compare.png', () => compare],
    ['runs', 'folder', '--out runs/photos', () => train],
    ['data', 'folder', 'EMERGING_DATA', () => prepare],
    ['data', 'folder', 'EMERGING_DATA', () => getFashion('short')],
    ['data/fashion-mnist', 'folder', 'EMERGING_DATA', () => getFashion('short')],
  ])('a link at %s to a %s is refused', async (path, target, remedy, command) => {
    const planting = planted(path, (linkPath, outside) => symlinkSync(join(outside, target), linkPath));
    const { code, stderr } = await run(planting, ...command());
    expect(stderr).toContain(' is a link, and links in the working directory are not followed');
    expect(stderr).toContain(remedy);
    expect(code).toBe(1);
  });

  it('a run is not written through a link at its folder: it gets the next number', async () => {
    const planting = planted('runs/photos', plantedLinks['link to a folder']!);
    await run(planting, ...train);
    expect(existsSync(join(emerging.folder, planting.cwd, 'runs/photos-2/config.yaml'))).toBe(true);
  });
});

// Nothing listens where the redirect with credentials leads: it is retried for half a minute.
it.each(Object.keys(downloadAnswers).filter((name) => name !== 'redirect-credentials'))(
  'datasets get refuses the answer %s in one line',
  async (answer) => {
    const { code, stderr } = await emerging.run(...getFashion(answer));
    expect([1, 2], stderr).toContain(code);
    expect(stderr).not.toContain('unexpected error');
  },
);

it('no option with a path has a default, which would look as if the user had named it', async () => {
  const listOptions = (command: Command): string[] => [
    ...command.options
      .filter(
        ({ flags, defaultValue }) => /<(file|dir|folder|path)>/.test(flags) && defaultValue !== undefined,
      )
      .map(({ flags }) => `${command.name()} ${flags}`),
    ...command.commands.flatMap(listOptions),
  ];
  expect(listOptions(await createProgram())).toEqual([]);
});
