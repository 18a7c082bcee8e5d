// Links in place of files that a command names itself: what they lead to stays as it is.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commandProcess } from '../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';
import { createProgram } from './program.ts';

const emerging = commandProcess();
const inFolder = (...names: string[]): string => join(emerging.folder, ...names);
const training = ['--data=photos', ...tinyTraining, '--threads=1', '--steps=1', '--no-test'];
let server: Server;
let url: string;

beforeAll(async () => {
  writeTinyDataset(inFolder('photos'));
  await emerging.json('train', ...training, '--out=first');
  server = createServer((_, response) =>
    response.writeHead(200, { etag: '"1"', 'content-length': 15 }).end('not the dataset'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  for (const name of ['home', 'runs', 'data', 'compare.png', 'photos-train.png']) {
    rmSync(inFolder(name), { recursive: true, force: true });
  }
  mkdirSync(inFolder('home', 'folder'), { recursive: true });
  writeFileSync(inFolder('home', 'file'), 'mine');
});

function expectUntouched(): void {
  expect(readdirSync(inFolder('home')).sort()).toEqual(['file', 'folder']);
  expect(readFileSync(inFolder('home', 'file'), 'utf8')).toBe('mine');
  expect(readdirSync(inFolder('home', 'folder'))).toEqual([]);
}

describe.runIf(process.platform !== 'win32')('a link is refused', () => {
  it.each([
    ['photos-train.png', 'file', '--out photos-train.png', ['datasets', 'show', 'photos']],
    ['photos-train.png', 'new', '--out photos-train.png', ['datasets', 'show', 'photos']],
    ['compare.png', 'file', '--out compare.png', ['compare', 'first', 'first']],
    ['runs', 'folder', '--out runs/photos', ['train', ...training, '--preset=mnist-quickstart']],
    ['data', 'folder', 'EMERGING_DATA', ['datasets', 'prepare', 'photos', '--size=8']],
    ['data', 'folder', 'EMERGING_DATA', ['datasets', 'get', 'cifar10', '--from=URL']],
    ['data/fashion-mnist', 'folder', 'EMERGING_DATA', ['datasets', 'get', 'fashion-mnist', '--from=URL']],
  ])('in place of %s, to %s', async (name, to, remedy, command) => {
    if (name.includes('/')) {
      mkdirSync(inFolder('data'));
    }
    symlinkSync(inFolder('home', to), inFolder(name));
    const { code, stderr } = await emerging.run(...command.map((word) => word.replace('URL', url)));
    expect(stderr).toContain(' is a link, and links in the working directory are not followed');
    expect(stderr).toContain(remedy);
    expect(code).toBe(1);
    expectUntouched();
  });
});

describe.runIf(process.platform !== 'win32')('a link is not written through', () => {
  it.each(['.partial', '.partial.json'])('in place of NAME%s of a download', async (end) => {
    mkdirSync(inFolder('data'));
    const file = 'cifar-10-binary.tar.gz';
    // As a server's version that an earlier call has begun: it would be continued.
    const note = JSON.stringify({ url: `${url}/${file}`, version: '"1"' });
    writeFileSync(inFolder('data', `${file}.partial.json`), note);
    rmSync(inFolder('data', `${file}${end}`), { force: true });
    symlinkSync(inFolder('home', 'file'), inFolder('data', `${file}${end}`));
    const { code, stderr } = await emerging.run('datasets', 'get', 'cifar10', `--from=${url}`);
    expect(stderr).toContain('not the published one (15 of');
    expect(code).toBe(1);
    expectUntouched();
  });

  it('in place of a run folder: the next number is used', async () => {
    mkdirSync(inFolder('runs'));
    symlinkSync(inFolder('home', 'folder'), inFolder('runs', 'photos'));
    await emerging.json('train', ...training);
    expect(existsSync(inFolder('runs', 'photos-2', 'config.yaml'))).toBe(true);
    expectUntouched();
  });
});

it('no option with a path has a default, which would count as named by the user', async () => {
  const optionsOf = (command: Command): string[] => [
    ...command.options
      .filter(
        ({ flags, defaultValue }) => /<(file|dir|folder|path)>/.test(flags) && defaultValue !== undefined,
      )
      .map(({ flags }) => `${command.name()} ${flags}`),
    ...command.commands.flatMap(optionsOf),
  ];
  expect(optionsOf(await createProgram())).toEqual([]);
});
