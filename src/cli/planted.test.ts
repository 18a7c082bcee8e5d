// Links planted where commands choose the names of their files: no command writes through them.
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../testing/command.ts';
import { type HostileServer, startHostileServer } from '../testing/hostile/hostileDownloads.ts';
import { changeOutside, makeOutside } from '../testing/hostile/outside.ts';
import { tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';

const emerging = commandProcess();
const training = [...tinyTraining, '--set=training.warmupSteps=0', '--steps=1', '--no-test', '--threads=1'];

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer();
  writeTinyDataset(join(emerging.folder, 'photos'));
  await emerging.json('train', '--data=photos', ...training, '--out=run');
});
afterAll(() => server.close());

/** What is planted, by name. */
const plants: Readonly<Record<string, (path: string, outside: string) => void>> = {
  'a link': (path, outside) => symlinkSync(join(outside, 'file'), path),
  'a hard link': (path, outside) => linkSync(join(outside, 'file'), path),
  'a link to a new file': (path, outside) => symlinkSync(join(outside, 'new'), path),
  'a link to a folder': (path, outside) => symlinkSync(join(outside, 'folder'), path),
};
const withPlants = (...paths: string[]) =>
  paths.flatMap((path) => Object.keys(plants).map((plant): [string, string] => [path, plant]));

let count = 0;
/** A working directory where something is planted at a path, and a folder outside of it. */
function planted(path: string, plant: string): { cwd: string; outside: string } {
  const name = `place-${count++}`;
  const [cwd, outside] = [join(emerging.folder, name), join(emerging.folder, `outside-${name}`)];
  makeOutside(outside);
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  plants[plant]!(join(cwd, path), outside);
  return { cwd: name, outside };
}

async function expectHarmless({ cwd, outside }: ReturnType<typeof planted>, ...args: string[]) {
  const { code, stderr } = await emerging.inside(cwd).run(...args);
  expect([0, 1, 2], stderr).toContain(code);
  expect(stderr).not.toContain('unexpected error');
  expect(changeOutside(outside)).toBeUndefined();
}

describe('datasets get writes nothing through', () => {
  const file = 'data/fashion-mnist/train-images-idx3-ubyte.gz';

  it.each(withPlants(`${file}.partial`, `${file}.partial.json`, file, 'data/fashion-mnist', 'data'))(
    '%s, %s',
    async (path, plant) => {
      const from = server.urlOf('short');
      await expectHarmless(planted(path, plant), 'datasets', 'get', 'fashion-mnist', `--from=${from}`);
    },
  );

  it.each(['a link', 'a hard link'])('a partial file that it would resume, %s', async (plant) => {
    const place = planted(`${file}.partial`, plant);
    const from = server.urlOf('endless');
    const url = `${from}/train-images-idx3-ubyte.gz`;
    const record = join(emerging.folder, place.cwd, `${file}.partial.json`);
    writeFileSync(record, JSON.stringify({ url, version: '"a"' }));
    await expectHarmless(place, 'datasets', 'get', 'fashion-mnist', `--from=${from}`);
  });
});

describe('a default output is not written through', () => {
  it.each(withPlants('photos-train.png'))('%s, %s', async (path, plant) => {
    await expectHarmless(planted(path, plant), 'datasets', 'show', '../photos', '--count=4');
  });

  it.each(withPlants('compare.png'))('%s, %s', async (path, plant) => {
    await expectHarmless(planted(path, plant), 'compare', '../run', '../run', '--threads=1');
  });

  it.each(withPlants('data/photos-8.images', 'data'))('%s, %s', async (path, plant) => {
    await expectHarmless(planted(path, plant), 'datasets', 'prepare', '../photos', '--size=8');
  });

  it.each(withPlants('runs'))('%s, %s', async (path, plant) => {
    await expectHarmless(planted(path, plant), 'train', '--data=../photos', ...training);
  });
});

describe('datasets get refuses in one line', () => {
  it.each([
    'short',
    'empty',
    'endless',
    'endless-lie',
    'other-part',
    'missing',
    'no-range',
    'redirect-loop',
    'redirect-file',
    'redirect-nowhere',
    'redirect-data',
    'odd-tag',
    'odd-reason',
  ])('a server that answers: %s', { timeout: 60_000 }, async (behaviour) => {
    const from = server.urlOf(behaviour);
    const { code, stderr } = await emerging.run('datasets', 'get', 'fashion-mnist', `--from=${from}`);
    expect([1, 2], stderr).toContain(code);
    expect(stderr).not.toContain('unexpected error');
  });
});
