import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import { writeTinyDataset } from '../../src/testing/tinyImages.ts';
import { prepareData } from './prepareData.ts';
import { readStudies } from './readStudies.ts';
import type { Study } from './studies.ts';

const folder = mkdtempSync(join(tmpdir(), 'prepare-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const images = join(folder, 'images');
writeTinyDataset(images);

function study(changes: readonly string[]): Study {
  const tiny = ['model.levels=1', 'model.depth=1', 'model.width=4'];
  return { ...readStudies()[0]!, name: 'tiny', data: { name: images }, changes: [...tiny, ...changes] };
}

/** Images that already exist are opened without a process that could be interrupted. */
const ready = (changes: readonly string[]) => prepareData(study(changes), {} as Interruption);

it('reports how many images a study has', async () => {
  const counts = { train: 120, validation: 40, test: 48 };
  expect(await ready(['data.validation=0.25'])).toMatchObject(counts);
});

it('refuses a study without validation images', async () => {
  await expect(ready(['data.validation=0'])).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringMatching(/^tiny: it has no validation images, .*'data\.validation=0\.1'/),
  });
});

it('names the model that the images do not fit', async () => {
  await expect(ready(['data.validation=0.25', 'model.levels=9'])).rejects.toThrow(/^tiny, 1x1: /);
});
