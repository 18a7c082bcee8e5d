// Bundled models by name: listed, used from any folder, and told apart from folders of the same name.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';

const emerging = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);

it('lists them with shape, bits/dim and size', async () => {
  const { code, stdout } = await emerging.run('models');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^MODEL +IMAGES +TRAINED ON +BITS\/DIM +SIZE$/m);
  expect(stdout).toMatch(/^mnist-small +28x28x1 +mnist +1\.2272 +547 KiB$/m);
  const entries: { name: string; path: string; bytes: number }[] = await emerging.json('models');
  expect(entries.map(({ name }) => name)).toEqual(['emoji', 'mnist', 'mnist-small']);
  for (const { path, bytes } of entries) {
    expect(readFileSync(join(path, 'model.safetensors')).length).toBe(bytes);
  }
});

it('samples one by its name into the working directory, never over a file', async () => {
  const sample = ['sample', 'mnist-small', '--count=4', '--threads=1'];
  expect(await emerging.json(...sample)).toMatchObject({ file: 'samples.png', count: 4 });
  const first = readFileSync(inFolder('samples.png'));
  writeFileSync(inFolder('samples-2.png'), 'mine');
  expect(await emerging.json(...sample, '--seed=1')).toMatchObject({ file: 'samples-3.png' });
  expect(readFileSync(inFolder('samples.png'))).toEqual(first);
  expect(readFileSync(inFolder('samples-2.png'), 'utf8')).toBe('mine');
  expect(readFileSync(inFolder('samples-3.png'))).not.toEqual(first);
});

it('takes the name in options, and for the start of a run', async () => {
  const message = await emerging.refused('compress', 'nothing.png', '--model=mnist-small', '--out=a.eflow');
  expect(message).toContain('nothing.png');
  expect(await emerging.refused('train', '--from=mnist-small', '--data=nothing')).toContain('nothing');
  expect(await emerging.refused('export', 'mnist-small', '--out=exported')).toContain(
    'mnist-small is an exported model, but this needs the run it was exported from',
  );
});

it('suggests a name', async () => {
  const hint = 'there is no folder mnist-smal, and no bundled model of this name: did you mean mnist-small?';
  expect(await emerging.refused('sample', 'mnist-smal')).toBe(hint);
  expect(await emerging.refused('encode', 'mnist-small')).toContain("required option '--out <file>'");
});

it('prefers a folder of the same name, and says so', async () => {
  mkdirSync(inFolder('here/emoji'), { recursive: true });
  const { code, stderr } = await emerging.inside('here').run('sample', 'emoji');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^using \.\/emoji, not the bundled model of this name, which is .*models.emoji$/m);
  expect(stderr).toContain('emoji is neither a run folder nor an export');
  expect(existsSync(inFolder('here/samples.png'))).toBe(false);
});
