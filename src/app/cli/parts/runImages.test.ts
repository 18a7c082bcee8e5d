// The split that evaluate, score, compare and doctor measure: which one, and the errors when it is refused.
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ImageShape } from '../../../core/numeric/imageShape.ts';
import { readAll } from '../../../data/contract/dataset.ts';
import { Glow } from '../../../flows/models/glow.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import { markData } from '../../../runs/folder/dataMark.ts';
import { runPaths } from '../../../runs/folder/runFolder.ts';
import { resolveConfig } from '../../../runs/settings/resolve.ts';
import { writePng } from '../../../testing/pngFiles.ts';
import { tinyImages, writeTinyDataset } from '../../../testing/tinyImages.ts';
import { openRunImages } from './runImages.ts';

const folder = mkdtempSync(join(tmpdir(), 'emerging-images-'));
vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
const inFolder = (name: string): string => join(folder, name);
const testImages = tinyImages(3, 8, 1);

beforeAll(() => {
  tinyImages(10, 8, 0).forEach((_, index, pixels) => {
    if (index % 64 === 0) {
      writePng(inFolder(`pictures/train/${index / 64}.png`), pixels.slice(index, index + 64), [8, 8, 1]);
    }
  });
  for (let index = 0; index < 3; index++) {
    writePng(
      inFolder(`pictures/test/${index}.png`),
      testImages.slice(64 * index, 64 * index + 64),
      [8, 8, 1],
    );
  }
  truncateSync(inFolder('pictures/train/4.png'), 30);
  writeTinyDataset(inFolder('arrays'));
  writeTinyDataset(inFolder('larger'), { size: 16 });
});

/** The parts of a run that the function uses. */
function runOn(name: string, { validation = 0.2, imageShape = [8, 8, 1] as ImageShape } = {}): LoadedRun {
  const overrides = {
    data: { name: inFolder(name), validation },
    model: { levels: 1, depth: 1, conditioner: { width: 2 }, mixing: '1x1' },
  } as const;
  const config = resolveConfig({ overrides });
  const paths = runPaths(mkdtempSync(inFolder('run-')));
  markData(paths, config);
  return { paths, config, model: new Glow(imageShape, config.model) } as unknown as LoadedRun;
}

it('is read even if images of another split are corrupt', async () => {
  const run = runOn('pictures');
  const images = await openRunImages(run, { split: 'test', chosen: true });
  expect(readAll(images)).toEqual(testImages);
  await expect(openRunImages(run, { split: 'train', chosen: true })).rejects.toThrow('train/4.png');
});

it('comes from the dataset of the run, or from another one', async () => {
  const run = runOn('arrays', { validation: 0.1 });
  const counts = async (data?: string) =>
    Promise.all(
      (['train', 'validation', 'test'] as const).map(
        async (split) => (await openRunImages(run, { split, chosen: true, data })).count,
      ),
    );
  expect(await counts()).toEqual([144, 16, 48]);
  const images = await openRunImages(run, { split: 'test', chosen: true, data: inFolder('pictures') });
  expect(images.count).toBe(3);
});

it('has the shape of the training images', async () => {
  const larger = inFolder('larger');
  const words = `the images of ${larger} are 16x16x1, but the model was trained on images of 8x8x1: `;
  for (const split of ['test', 'validation'] as const) {
    await expect(openRunImages(runOn('larger'), { split, chosen: true })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: `${words}restore those images, or train a new model on these`,
    });
    await expect(openRunImages(runOn('arrays'), { split, chosen: true, data: larger })).rejects.toMatchObject(
      { code: 'invalid-argument', message: `${words}name a dataset of such images` },
    );
  }
  // Lossless conversions are done without asking.
  const colour = runOn('pictures', { imageShape: [8, 8, 3] });
  expect((await openRunImages(colour, { split: 'test', chosen: true })).imageShape).toEqual([8, 8, 3]);
});

it('is refused if it has no images', async () => {
  const run = runOn('arrays', { validation: 0 });
  const words = `${inFolder('arrays')} has no validation images: the run was trained with data.validation 0`;
  await expect(openRunImages(run, { split: 'validation', chosen: false })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: words,
  });
  await expect(openRunImages(run, { split: 'validation', chosen: true })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: `${words}; choose another --split`,
  });
});
