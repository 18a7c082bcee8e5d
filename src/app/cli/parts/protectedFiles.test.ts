// No command replaces files of a model, or what it reads itself.
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { writeTinyPngs } from '../../../testing/pngFiles.ts';
import { tinyTraining } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);

beforeAll(async () => {
  await emerging.trainTiny('--steps=2', '--no-test', '--out=run');
  await emerging.json('export', 'run', '--out=exp');
  writeTinyPngs(inFolder('photos'), ['a/0.png', 'a/1.png', 'b/0.png', 'b/1.png'], 0);
  await emerging.json('encode', 'run', 'photos', '--out=latents.safetensors');
  await emerging.json('compress', 'photos', '--model=run', '--out=photos.eflow');
  writeFileSync(inFolder('photos', 'conditions.csv'), 'file,x\n');
  mkdirSync(inFolder('parts'));
  writeFileSync(inFolder('parts', 'mine.mjs'), '');
  symlinkSync('run', inFolder('linked'));
  symlinkSync('run/summary.json', inFolder('link.json'));
  symlinkSync('run/checkpoints', inFolder('points'));
  symlinkSync('photos/a/0.png', inFolder('image.png.link'));
  linkSync(inFolder('run', 'summary.json'), inFolder('hard.json'));
});

/** The contents of the models and the images, by their paths. */
function contents(): Record<string, string> {
  return Object.fromEntries(
    ['run', 'exp', 'photos', 'data', 'parts'].flatMap((folder) =>
      readdirSync(inFolder(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => {
          const path = join(parentPath, name);
          return [path, createHash('sha256').update(readFileSync(path)).digest('hex')];
        }),
    ),
  );
}

const step = (number: number): string => `checkpoints/step-0000000${number}.safetensors`;
const edit = ['edit', 'run', 'photos/a/0.png', '--from=photos/a', '--towards=photos/b'];

it.each([
  ['of an export', ['encode', 'exp', 'photos', '--out=exp/model.safetensors'], 'export in exp'],
  ['of an export', ['score', 'exp', 'photos', '--out=exp/manifest.json'], 'export in exp'],
  ['of a run', ['encode', 'run', 'photos', `--out=run/${step(2)}`], 'run in run'],
  ['of a run', ['compress', 'photos', '--model=run', '--out=run/config.yaml'], 'run in run'],
  ['of another model', ['score', 'exp', 'photos', '--out=run/data.json'], 'run in run'],
  ['that would be new', ['encode', 'run', 'photos', `--out=run/${step(9)}`], 'run in run'],
  ['that would be new', ['score', 'exp', 'photos', '--out=run/scores.json'], 'run in run'],
  ['that would be new', ['datasets', 'prepare', 'photos', '--size=8', `--out=run/${step(9)}`], 'run in run'],
  ['that would be new', ['decode', 'run', 'latents.safetensors', '--out=run/checkpoints/new'], 'run in run'],
  ['that would be new', ['decompress', 'photos.eflow', '--out=run/tensorboard'], 'run in run'],
  ['that would be new', ['score', 'run', 'photos', '--map=run/training.lock'], 'run in run'],
  ['that would be new', ['export', 'run', '--out=run/tensorboard'], 'run in run'],
  ['by a detour', ['score', 'run', 'photos', '--out=./photos/../run/samples/../summary.json'], 'run in run'],
  ['in other letters', ['score', 'run', 'photos', '--out=run/SUMMARY.json'], 'run in run'],
  ['through a link', ['score', 'run', 'photos', '--out=link.json'], 'run in run'],
  ['through a link', ['score', 'run', 'photos', '--out=linked/summary.json'], 'run in run'],
  ['through a link', ['encode', 'run', 'photos', '--out=points/step-00000009.safetensors'], 'run in run'],
])('does not touch a file %s: %j', async (_, args, owner) => {
  const before = contents();
  expect(await emerging.refusedWith(2, ...args)).toMatch(
    new RegExp(`^cannot write .*: the name belongs to the ${owner}; choose another name$`),
  );
  expect(contents()).toEqual(before);
});

it.each([
  [['encode', 'run', 'photos/a/0.png', '--out=image.png.link']],
  [['encode', 'run', '--data=data', '--out=data/train-images-idx3-ubyte']],
  // The data that the run was trained on.
  [['encode', 'run', 'photos/a/0.png', '--out=data/train-images-idx3-ubyte']],
  [['score', 'run', 'photos', '--sheet=photos/b/1.png']],
  [['score', 'run', 'photos', '--out=photos/conditions.csv']],
  [['score', 'run', 'photos/a', '--reference=photos', '--sheet=photos/b/1.png']],
  [['interpolate', 'run', 'seed:1', 'photos/a/1.png', '--out=photos/a/1.png']],
  [[...edit, '--out=photos/b/1.png']],
  [['compare', 'exp', 'run', '--data=photos', '--out=photos/b/1.png']],
  [['evaluate', 'exp', '--data=photos', '--worst=photos/b/1.png']],
  [['datasets', 'show', 'photos', '--out=photos/b/1.png']],
  [['--import=parts/mine.mjs', 'encode', 'run', 'photos', '--out=parts/mine.mjs']],
])('replaces none of its inputs: %j', async (args) => {
  const before = contents();
  expect(await emerging.refusedWith(2, ...args)).toMatch(
    /^(photos|data|image|parts).* would replace one of the inputs; choose another name$/,
  );
  expect(contents()).toEqual(before);
});

it('writes other files into a run, and results next to images', async () => {
  const scores = ['--out=run/mine.json', '--sheet=run/samples/odd.png'];
  expect(await emerging.run('score', 'run', 'photos/b', ...scores)).toMatchObject({ code: 0 });
  // Twice, so that the second one replaces a result; and a hard link outside the run, which leaves the run's file unchanged.
  for (const out of ['run/mine.json', 'photos/scores.csv', 'photos/scores.csv', 'hard.json']) {
    expect(await emerging.run('score', 'run', 'photos/b', `--out=${out}`)).toMatchObject({ code: 0 });
  }
  expect(JSON.parse(readFileSync(inFolder('run', 'summary.json'), 'utf8'))).toHaveProperty('steps');
});

it('starts no run in an export', async () => {
  const before = contents();
  const train = ['train', '--data=data', ...tinyTraining, '--out=exp'];
  expect(await emerging.refusedWith(2, ...train)).toBe(
    'exp holds an exported model; choose another folder for the run',
  );
  expect(contents()).toEqual(before);
});
