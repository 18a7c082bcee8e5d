// `evaluate`, `doctor` and `compare` on exports: the results of the run, on the images that are named.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const test = ['--split=test', '--threads=1'];
const training = [...tinyTraining, '--no-test', '--threads=1'];

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  writeTinyDataset(join(emerging.folder, 'larger'), { size: 12 });
  await emerging.json('train', '--data=data', ...training, '--steps=6', '--out=runs/a');
  await emerging.json('export', 'runs/a', '--out=exported');
});

it('compare measures runs of other images on those that are named', async () => {
  cpSync(join(emerging.folder, 'data'), join(emerging.folder, 'copied'), { recursive: true });
  const otherArgs = ['--data=copied', '--set=data.validation=0.5', '--steps=2', '--out=runs/copied'];
  await emerging.json('train', ...training, ...otherArgs);
  const pair = ['compare', 'runs/a', 'runs/copied', '--out=pair.png', ...test];
  const refused = await emerging.run(...pair);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^emerging: .*cannot be compared on test images: data\.name is data in one and copied in the other; name images for both with --data\n$/,
    ),
  ]);
  const shares = await emerging.run(...pair, '--data=data', '--split=validation');
  expect([shares.code, shares.stderr]).toEqual([
    2,
    expect.stringMatching(
      /cannot be compared on validation images: data\.validation is .* in one and 0\.5 in the other; compare them on --split test\n$/,
    ),
  ]);
  expect((await emerging.json(...pair, '--data=data')).runs[1]).toMatchObject({
    run: 'runs/copied',
    step: 2,
  });
});

it.each([
  ['evaluate', ['evaluate', 'exported']],
  ['doctor', ['doctor', 'exported']],
  ['compare', ['compare', 'runs/a', 'exported', '--out=new.png']],
])('%s asks for images', async (_, args) => {
  expect(await emerging.run(...args)).toMatchObject({
    code: 2,
    stderr: 'emerging: exported is an export, and exports contain no images: name a dataset with --data\n',
  });
});

it('other images and other weights are refused', async () => {
  const shape = await emerging.run('evaluate', 'exported', '--data=larger');
  expect(shape.stderr).toMatch(
    /^emerging: the images of larger are 12x12x1, .* name a dataset of such images\n$/,
  );
  const weights = await emerging.run('doctor', 'exported', '--data=data', '--weights=raw');
  expect(weights.stderr).toBe(
    'emerging: exported holds the average weights: leave out the option, or export the run with --weights raw\n',
  );
  expect(
    await emerging.run('compare', 'exported', './exported', '--data=data', '--out=new.png'),
  ).toMatchObject({
    code: 2,
    stderr: 'emerging: exported and ./exported are the same export: name different exports\n',
  });
});
