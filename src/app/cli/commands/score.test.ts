// `emerging score` as a process: images that are odd in either direction, their order and the output formats.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { inColour } from '../../../data/pixels/channels.ts';
import { commandProcess } from '../../../testing/command.ts';
import { writePng, writeTinyPngs } from '../../../testing/pngFiles.ts';
import { tinyImages, tinyTraining } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const scoreMine = (...args: string[]) => emerging.json('score', 'runs/a', 'mine', '--threads=1', ...args);

beforeAll(async () => {
  writeTinyPngs(inFolder('mine'), ['own 0.png', 'own 1.png', 'own 2.png', 'own 3.png'], 31);
  const random = new RandomStream(0, 'noise');
  writePng(inFolder('mine/black.png'), new Uint8Array(64), [8, 8, 1]);
  const others = tinyImages(12, 8, 32);
  for (let index = 0; index < 12; index++) {
    const image = others.subarray(64 * index, 64 * (index + 1));
    writePng(inFolder(`plain/${index}.png`), image, [8, 8, 1]);
    writePng(inFolder(`stored/${index}.png`), inColour(image), [8, 8, 3]);
  }
  const noise = Uint8Array.from({ length: 64 }, () => random.integer(256));
  writePng(inFolder('mine/noise, "white".png'), noise, [8, 8, 1]);
  const rate = ['--set=training.learningRate=0.01', '--set=training.warmupSteps=0'];
  await emerging.trainTiny(...rate, '--steps=60', '--no-test', '--out=runs/a');
});

it('lists the oddest images first, whether simple or complex', async () => {
  const report = await scoreMine('--draws=3');
  expect(report).toMatchObject({ draws: 3, seed: 0, weights: 'average', bits: 8, skipped: [] });
  expect(report.reference).toEqual({ data: 'data', split: 'validation', images: 16, draws: 3, seed: 0 });
  const [first, second, ...laterImages] = report.images;
  expect(first).toMatchObject({
    file: 'mine/noise, "white".png',
    percentile: 100,
    oddness: 1,
    pValue: 1 / 17,
  });
  expect(second).toMatchObject({ file: 'mine/black.png', percentile: 0, oddness: 1, pValue: 1 / 17 });
  expect(laterImages.map(({ file }: { file: string }) => file).sort()).toEqual(
    [0, 1, 2, 3].map((i) => `mine/own ${i}.png`),
  );
  expect(report.score).toBe('typicality');
  for (const { bitsPerDim, standardError, percentile, oddness, score, scores, pValue } of report.images) {
    expect(bitsPerDim).toBeGreaterThan(0);
    expect(standardError).toBeGreaterThan(0);
    expect(oddness).toBe(Math.abs(percentile - 50) / 50);
    expect(Object.keys(scores)).toEqual(['bits', 'complexity', 'typicality']);
    expect(score).toBe(scores.typicality);
    // Of 17 images, the image itself included.
    expect((17 * pValue) % 1).toBeCloseTo(0, 9);
  }
  const values = report.images.map(({ score }: { score: number }) => score);
  expect(values).toEqual([...values].sort((a, b) => b - a));
  expect(await scoreMine('--draws=3')).toEqual(report);
  expect((await scoreMine('--draws=3', '--seed=1')).images[0].bitsPerDim).not.toBe(first.bitsPerDim);
});

it('writes all scores as CSV and JSON, and the oddest images as a picture', async () => {
  const report = await scoreMine('--out=scores.json', '--sheet=oddest.png');
  expect(JSON.parse(readFileSync(inFolder('scores.json'), 'utf8'))).toEqual(report);
  await scoreMine('--out=scores.csv');
  const lines = readFileSync(inFolder('scores.csv'), 'utf8').split('\n');
  expect(lines[0]).toBe('file,bitsPerDim,standardError,percentile,oddness,pValue,bits,complexity,typicality');
  const { bitsPerDim, standardError, pValue, scores } = report.images[0];
  const { bits, complexity, typicality } = scores;
  expect(lines[1]).toBe(
    `"mine/noise, ""white"".png",${bitsPerDim},${standardError},100,1,${pValue},${bits},${complexity},${typicality}`,
  );
  expect(lines).toHaveLength(8);
  // Three images in a row: noise first, then black.
  const { width, height, data } = decode(readFileSync(inFolder('oddest.png')));
  expect({ width, height }).toEqual({ width: 3 * 34 - 2, height: 2 * 34 - 2 });
  const blockAt = (x: number) => Array.from({ length: 32 }, (_, column) => data[x + column]);
  expect(new Set(blockAt(0)).size).toBeGreaterThan(4);
  expect(new Set(blockAt(34))).toEqual(new Set([0]));
});

it('writes maps of bits, with the oddest places of each image', async () => {
  const report = await scoreMine('--draws=2', '--map=maps');
  const files = ['black', 'noise, "white"', 'own 0', 'own 1', 'own 2', 'own 3'].map(
    (name) => `maps/${name}.png`,
  );
  expect(report.maps).toMatchObject({ folder: 'maps', files });
  const [low, high] = report.maps.range;
  const { file, places } = report.images.find(({ file }: { file: string }) => file === 'mine/own 2.png');
  expect(places).toHaveLength(3);
  expect(existsSync(inFolder(file.replace('mine', 'maps')))).toBe(true);
  const text = await emerging.run('score', 'runs/a', 'mine', '--threads=1', '--draws=2', '--map=other');
  expect(text.stdout).toContain(
    `\n6 maps, dark ${low.toFixed(2)} to bright ${high.toFixed(2)} bits/dim; ` +
      'values beyond an end get the colour of that end: other\n' +
      'beside it how much each place differs from the same place in validation images, the three oddest framed\n',
  );
  expect(await emerging.refusedWith(2, 'score', 'runs/a', 'mine', '--map=maps')).toMatch(
    /^maps is not empty \(.*\); choose another folder$/,
  );
});

it('finds copies of the images of the run, or of others', async () => {
  const file = (name: string): string => inFolder('copied', `${name}.png`);
  const train = tinyImages(160, 8, 0);
  const picture = (index: number): Uint8Array => train.subarray(64 * index, 64 * (index + 1));
  writePng(file('same'), picture(2), [8, 8, 1]);
  writePng(
    file('darker'),
    picture(3).map((value) => Math.round(0.9 * value)),
    [8, 8, 1],
  );
  writePng(file('black'), new Uint8Array(64), [8, 8, 1]);
  const { copies } = await emerging.json('score', 'runs/a', 'copied', '--copies', '--threads=1');
  // These waves resemble each other: others may be listed too, after the original.
  expect(copies).toEqual([
    { file: 'copied/darker.png', same: [], near: expect.anything() },
    { file: 'copied/same.png', same: [expect.stringMatching(/^(train|validation) image \d+$/)], near: [] },
  ]);
  expect(copies[0].near[0]).toMatch(/^(train|validation) image \d+$/);
  const text = await emerging.run('score', 'runs/a', 'copied', '--copies', '--threads=1');
  expect(text.stdout).toContain('\nCopies of known images: 1 with the same pixels, 1 nearly the same\n');
  const others = await emerging.run('score', 'runs/a', 'plain/5.png', '--copies', '--reference=plain');
  expect(others.stdout).toContain('\nCopies of known images: 1 with the same pixels, 0 nearly the same\n');
  expect(others.stdout).toContain('\n  plain/5.png: the pixels of reference 5.png\n');
  await emerging.json('export', 'runs/a', '--out=exports/copies');
  expect(await emerging.refusedWith(2, 'score', 'exports/copies', 'copied', '--copies')).toMatch(
    /^--copies: exports\/copies is an export, .* with --reference$/,
  );
});

it('prints a table, and skips unreadable images', async () => {
  writePng(inFolder('some/a.png'), tinyImages(1, 8, 40), [8, 8, 1]);
  writeFileSync(inFolder('some/b.png'), '');
  const { code, stdout, stderr } = await emerging.run('score', 'runs/a', 'some', '--draws=1');
  expect(stdout).toMatch(
    /^IMAGE +TYPICALITY +P-VALUE +BITS\/DIM +±\nsome\/a\.png +-?\d+\.\d\d +\d\.\d{4} +\d\.\d{3} *\n1 image compared with 16 validation images of data; 1 draw, average weights\ntypicality: .*; higher is odder\. .*\nToo few validation images \(16\) to call any image odd at 1 %: the first are the most unusual\n$/,
  );
  expect(stderr).toContain('only 16 validation images of data to compare with: no p-value is below 0.059,');
  expect(stderr).toContain('skipped: some/b.png: empty; use another copy\n');
  expect(stderr.endsWith('emerging: 1 image skipped\n')).toBe(true);
  expect(code).toBe(1);
});

it('scores with an export, without the data, as with its run', async () => {
  await emerging.json('export', 'runs/a', '--out=exported', '--step=best');
  const { images, reference } = await scoreMine('--step=best');
  cpSync(inFolder('exported'), inFolder('elsewhere/model'), { recursive: true });
  cpSync(inFolder('mine'), inFolder('elsewhere/mine'), { recursive: true });
  const elsewhere = emerging.inside('elsewhere');
  const scored = await elsewhere.json('score', 'model', 'mine', '--threads=1');
  const mapped = await elsewhere.json('score', 'model', 'mine/own 2.png', '--threads=1', '--map=maps');
  expect(mapped.images[0].places).toHaveLength(3);
  expect(scored).toMatchObject({ draws: 4, seed: 0, reference });
  expect(scored.images).toEqual(images);

  rmSync(inFolder('elsewhere/model/scores.json'));
  expect(await elsewhere.refusedWith(1, 'score', 'model', 'mine')).toBe(
    'model has no statistics of validation images: emerging score model --update-reference --reference DATASET ' +
      'adds them, and emerging export RUN --out NEW_FOLDER exports its run again with them',
  );
});

it('adds the statistics of other images to an export, whose manifest lists them', async () => {
  await emerging.json('export', 'runs/a', '--out=later');
  const update = ['score', 'later', 'mine', '--update-reference', '--threads=1'];
  expect((await emerging.run(...update)).stderr).toContain('name a dataset with --reference');
  const report = await emerging.json(...update, '--reference=plain');
  expect(report.reference).toMatchObject({ data: 'plain', images: 12 });
  expect(await emerging.json('score', 'later', 'mine', '--threads=1')).toEqual(report);
  // Grey images stored as colour.
  const colour = await emerging.json('score', 'runs/a', 'mine', '--reference=stored', '--threads=1');
  expect(colour.images).toEqual(report.images);
  const quick = ['--data=data', '--quick', '--images=2', '--threads=1'];
  expect((await emerging.run('doctor', 'later', ...quick)).stdout).not.toContain('not the file that');
});

it('compares with the validation images of a plain folder that the run was trained on', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `${index}.png`);
  writeTinyPngs(inFolder('folder'), names, 5);
  const share = ['--set=data.validation=0.25', '--steps=2', '--no-test', '--out=runs/folder', '--threads=1'];
  await emerging.json('train', '--data=folder', ...tinyTraining, ...share);
  cpSync(inFolder('folder'), inFolder('moved'), { recursive: true });
  const scores = await emerging.json('score', 'runs/folder', 'mine', '--threads=1');
  const moved = await emerging.json('score', 'runs/folder', 'mine', '--reference=moved', '--threads=1');
  expect(scores.reference.images).toBeLessThan(20);
  expect(moved.images).toEqual(scores.images);
  rmSync(inFolder('moved/3.png'));
  const others = await emerging.json('score', 'runs/folder', 'mine', '--reference=moved', '--threads=1');
  expect(others.reference.images).toBe(59);
  // Not those that the run was trained on, although the dataset has changed.
  rmSync(inFolder('folder/3.png'));
  const changed = await emerging.json('score', 'runs/folder', 'mine', '--reference=folder', '--threads=1');
  expect(changed.reference.images).toBeLessThan(20);
  const words = ['score', '../runs/folder', '../mine', '--reference=../folder', '--threads=1'];
  const elsewhere = await emerging.inside('mine').json(...words);
  expect(elsewhere.reference.images).toBe(changed.reference.images);
  // Images of another size are refused as such, not as too few.
  for (let index = 0; index < 60; index++) {
    writePng(inFolder(`folder/${index}.png`), tinyImages(1, 6, index), [6, 6, 1]);
  }
  const { stderr } = await emerging.run('score', 'runs/folder', 'mine', '--reference=folder', '--threads=1');
  expect(stderr).toContain('the images of folder are 6x6x1, but the model was trained on images of 8x8x1');
});
