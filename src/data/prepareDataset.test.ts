import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { writePng } from '../testing/pngFiles.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { writeTinyDataset } from '../testing/tinyImages.ts';
import { prepareDataset } from './prepareDataset.ts';
import { openDataset } from './registry.ts';

const folder = temporaryFolder();
const source = join(folder, 'tiny');
writeTinyDataset(source);

it('writes a file that opens by the returned name', async () => {
  const out = join(folder, 'four.images');
  const seen: [number, number | null][] = [];
  const prepared = await prepareDataset(source, {
    size: 4,
    out,
    onProgress: (pictures, total) => seen.push([pictures, total]),
  });
  expect(prepared).toMatchObject({ file: out, name: out, damaged: [] });
  const { train, test } = await openDataset(out, { validation: 0 });
  expect(train.imageShape).toEqual([4, 4, 3]);
  const pictures = train.count + test.count;
  expect([seen[0], seen.at(-1)]).toEqual([
    [0, pictures],
    [pictures, pictures],
  ]);
  await expect(prepareDataset(source, { size: 4, out })).rejects.toMatchObject({
    code: 'exists',
    message: `${out} already exists: choose another file with out: 'FILE', or remove it`,
  });
});

it('leaves a file that was written meanwhile', async () => {
  const out = join(folder, 'meanwhile.images');
  const onProgress = () => writeFileSync(out, 'mine');
  await expect(prepareDataset(source, { size: 4, out, onProgress })).rejects.toMatchObject({
    code: 'exists',
  });
  expect(readFileSync(out, 'utf8')).toBe('mine');
});

it('names the file after the folder, however that is written', async () => {
  vi.stubEnv('EMERGING_DATA', folder);
  expect((await prepareDataset(`${source}/.`, { size: 4 }))!.file).toBe(join(folder, 'tiny-4.images'));
  vi.unstubAllEnvs();
});

it('requires a size for datasets without a name', async () => {
  await expect(prepareDataset(source)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: `choose an image size for ${source}, for example size: 32`,
  });
});

it.each([
  [{ channels: 2 }, 'channels must be 1 or 3, not 2'],
  [{ bits: 12 }, 'bits must be 8 or 16, not 12'],
  [{ crop: 'top' }, 'crop must be center or none or tiles, not top'],
  [{ crop: 'tiles', validation: 5 }, 'validation must be at least 0 and below 1, not 5'],
  [{ crop: 'tiles', validation: Number.NaN }, 'validation must be at least 0 and below 1, not NaN'],
])('refuses %o', async (options, message) => {
  const out = join(folder, 'refused.images');
  await expect(prepareDataset(source, { size: 4, out, ...(options as object) })).rejects.toMatchObject({
    code: 'invalid-argument',
    message,
  });
});

it('is stopped by its signal, and reports where it cannot write', async () => {
  const out = join(folder, 'ended.images');
  expect(await prepareDataset(source, { size: 4, out, signal: AbortSignal.abort() })).toBeNull();
  const nowhere = join(folder, 'none', 'x.images');
  await expect(prepareDataset(source, { size: 4, out: nowhere })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining(`there is no folder ${join(folder, 'none')}`),
  });
});

it('takes the first images, and the same share of the others', async () => {
  const dataset = await openDataset(source, { validation: 0 });
  const out = join(folder, 'few.images.gz');
  await prepareDataset(source, { size: 8, channels: 1, limit: dataset.train.count / 4, out });
  const few = await openDataset(out, { validation: 0 });
  expect([few.train.count, few.test.count]).toEqual([dataset.train.count / 4, dataset.test.count / 4]);
  expect(few.train.nameAt!(3)).toBe('train/3');
  await expect(
    prepareDataset(source, { size: 8, limit: 0, out: join(folder, 'none.images') }),
  ).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('limit') });
});

it('warns that images get no labels if some are outside the class folders', async () => {
  const classes = join(folder, 'classes');
  for (const name of ['train/cats/a', 'train/dogs/b', 'test/cats/c', 'test/dogs/d', 'train/e']) {
    writePng(
      join(classes, `${name}.png`),
      new Uint8Array(16).fill(name.charCodeAt(name.length - 1)),
      [4, 4, 1],
    );
  }
  const warnings: string[] = [];
  const out = join(folder, 'classes.images');
  await prepareDataset(classes, { size: 4, out, onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([
    'the images get no class labels: only some of its images are in class folders: 1 is not, such as train/e.png',
  ]);
});
