// A run whose images have changed since: every command that reads them says so, and stores nothing.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { tinyImages, tinyTraining } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const read = (path: string): string => readFileSync(inFolder(path), 'utf8');
const record = () => JSON.parse(read('runs/a/data.json'));
const images = tinyImages(80, 8, 3);
const image = (index: number): Uint8Array => images.subarray(64 * index, 64 * (index + 1));
const put = (name: string, index: number): void => writePng(inFolder(name), image(index), [8, 8, 1]);
const evaluate = (...args: string[]) =>
  emerging.run('evaluate', 'runs/a', '--draws=1', '--threads=1', '--json', ...args);

beforeAll(async () => {
  for (let index = 0; index < 60; index++) {
    put(`photos/${index < 45 ? 'train' : 'test'}/${index}.png`, index);
  }
  cpSync(inFolder('photos'), inFolder('original'), { recursive: true });
  const options = ['--steps=4', '--out=runs/a', '--threads=1'];
  await emerging.json('train', '--data=photos', ...tinyTraining, ...options);
  cpSync(inFolder('runs/a'), inFolder('runs/b'), { recursive: true });
});

it('refuses to evaluate another file of the same name, unless it is named; then nothing is stored', async () => {
  const before = read('runs/a/summary.json');
  put('photos/test/50.png', 70);
  const refused = await evaluate();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    'photos: its test images differ from the images of the run (runs/a/data.json): the same number of images, but different ones or in ' +
      'another order: restore them, or name them with --data photos to use these instead',
  );
  const named = await evaluate('--data=photos');
  expect(named.code).toBe(0);
  expect(JSON.parse(named.stdout)).toMatchObject({ data: 'photos', worstPicture: null });
  expect(named.stderr).toContain(
    'the result is printed but not saved: photos: its test images differ from the images of the run',
  );
  put('others/train/0.png', 1);
  put('others/test/0.png', 2);
  expect((await evaluate('--data=others')).stderr).toContain(
    'the result is printed but not saved: others is not the dataset of the run, photos',
  );
  expect(read('runs/a/summary.json')).toBe(before);
});

it('refuses to compare and to score', async () => {
  const compare = ['compare', 'runs/a', 'runs/b', '--split=test', '--threads=1'];
  expect(await emerging.refusedWith(1, ...compare)).toContain('its test images differ');
  const [held] = record().heldOut;
  put(`photos/${held}`, 71);
  const score = ['score', 'runs/a', 'photos/test/51.png', '--draws=3', '--threads=1'];
  expect(await emerging.refusedWith(1, ...score)).toMatch(
    /its validation images differ from the images of the run.*--reference photos to use these instead/,
  );
});

it('refuses to resume on other images, unless the user says so, which is recorded', async () => {
  cpSync(inFolder('original'), inFolder('photos'), { recursive: true });
  put('photos/train/new.png', 72);
  const resume = ['train', '--resume=runs/a', '--steps=6', '--threads=1', '--no-test'];
  const before = read('runs/a/data.json');
  expect(await emerging.refusedWith(1, ...resume)).toContain(
    'photos: its training images are not the ones the run was trained with: 46 images instead of 45 (runs/a/data.json): ' +
      'restore them, start a new run, or resume with --other-images',
  );
  await emerging.refusedWith(1, ...resume, '--data=photos');
  expect(read('runs/a/data.json')).toBe(before);
  const { code, stderr } = await emerging.run(...resume, '--other-images');
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('resuming with other images: ');
  expect(record().train.images).toBe(46);
  expect(record().holdOut).toEqual(JSON.parse(before).holdOut);
  expect(JSON.parse(read('runs/a/summary.json')).changes).toContainEqual({
    step: 4,
    setting: 'images',
    from: JSON.parse(before).train.sha256.slice(0, 12),
    to: record().train.sha256.slice(0, 12),
  });
});
