// `emerging score` as a process: images that are odd in either direction, their order and the output formats.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../../numeric/random.ts';
import { mean } from '../../numeric/statistics.ts';
import { mapPicture } from '../../pictures/mapPicture.ts';
import { commandProcess } from '../../testing/command.ts';
import { readPixels, writePng } from '../../testing/pngFiles.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';
import { loadModel } from '../../trained/loading/loadModel.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const scoreMine = (...args: string[]) => emerging.json('score', 'runs/a', 'mine', '--threads=1', ...args);

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  const own = tinyImages(4, 8, 31);
  for (let index = 0; index < 4; index++) {
    writePng(inFolder('mine', `own ${index}.png`), own.subarray(64 * index, 64 * (index + 1)), [8, 8, 1]);
  }
  const random = new RandomStream(0, 'noise');
  writePng(inFolder('mine/black.png'), new Uint8Array(64), [8, 8, 1]);
  const noise = Uint8Array.from({ length: 64 }, () => random.integer(256));
  writePng(inFolder('mine/noise, "white".png'), noise, [8, 8, 1]);
  const options = ['--set=training.learningRate=0.01', '--set=training.warmupSteps=0', '--steps=60'];
  await emerging.json('train', '--data=data', ...tinyTraining, ...options, '--out=runs/a', '--threads=1');
});

it('lists the oddest images first, whether simple or complex', async () => {
  const report = await scoreMine('--draws=3');
  expect(report).toMatchObject({ draws: 3, seed: 0, weights: 'average', bits: 8, skipped: [] });
  expect(report.reference).toEqual({ data: 'data', split: 'validation', images: 16, draws: 3, seed: 0 });
  const [first, second, ...rest] = report.images;
  expect(first).toMatchObject({ file: 'mine/noise, "white".png', percentile: 100, oddness: 1 });
  expect(second).toMatchObject({ file: 'mine/black.png', percentile: 0, oddness: 1 });
  expect(rest.map(({ file }: { file: string }) => file).sort()).toEqual(
    [0, 1, 2, 3].map((i) => `mine/own ${i}.png`),
  );
  for (const { bitsPerDim, standardError, percentile, oddness } of report.images) {
    expect(bitsPerDim).toBeGreaterThan(0);
    expect(standardError).toBeGreaterThan(0);
    expect(oddness).toBe(Math.abs(percentile - 50) / 50);
  }
  const oddness = report.images.map((image: { oddness: number }) => image.oddness);
  expect(oddness).toEqual([...oddness].sort((a, b) => b - a));
  expect(await scoreMine('--draws=3')).toEqual(report);
  expect((await scoreMine('--draws=3', '--seed=1')).images[0].bitsPerDim).not.toBe(first.bitsPerDim);
});

it('gives an image the same score regardless of the others', async () => {
  const { images } = await scoreMine();
  const own = images.find(({ file }: { file: string }) => file === 'mine/own 2.png');
  const { images: alone } = await emerging.json('score', 'runs/a', 'mine/own 2.png', '--threads=1');
  expect(alone).toEqual([own]);
});

it('writes all scores as CSV and JSON, and the oddest images as a picture', async () => {
  const report = await scoreMine('--out=scores.json', '--sheet=oddest.png');
  expect(JSON.parse(readFileSync(inFolder('scores.json'), 'utf8'))).toEqual(report);
  await scoreMine('--out=scores.csv');
  const lines = readFileSync(inFolder('scores.csv'), 'utf8').split('\n');
  expect(lines[0]).toBe('file,bitsPerDim,standardError,percentile,oddness');
  const { bitsPerDim, standardError } = report.images[0];
  expect(lines[1]).toBe(`"mine/noise, ""white"".png",${bitsPerDim},${standardError},100,1`);
  expect(lines).toHaveLength(8);
  // Three images in a row: noise first, then black.
  const { width, height, data } = decode(readFileSync(inFolder('oddest.png')));
  expect({ width, height }).toEqual({ width: 3 * 34 - 2, height: 2 * 34 - 2 });
  const blockAt = (left: number) => Array.from({ length: 32 }, (_, column) => data[left + column]);
  expect(new Set(blockAt(0)).size).toBeGreaterThan(4);
  expect(new Set(blockAt(34))).toEqual(new Set([0]));
});

it('writes maps whose mean is the bits/dim of each image, in the same colours', async () => {
  const report = await scoreMine('--draws=2', '--map=maps');
  const files = ['black', 'noise, "white"', 'own 0', 'own 1', 'own 2', 'own 3'].map(
    (name) => `maps/${name}.png`,
  );
  expect(report.maps).toMatchObject({ folder: 'maps', files });
  const [low, high] = report.maps.range;
  const model = await loadModel(inFolder('runs/a'), { threads: 1 });
  const pixels = readPixels(inFolder('mine/own 2.png'));
  const map = await model.bitsMap(pixels, { draws: 2, noiseByContent: true });
  await model.release();
  const { file, bitsPerDim } = report.images.find(({ file }: { file: string }) => file === 'mine/own 2.png');
  expect(mean(map.data)).toBeCloseTo(bitsPerDim, 5);
  const picture = mapPicture(pixels, map.data, { imageShape: [8, 8, 1], range: [low, high] });
  expect(decode(readFileSync(inFolder(file.replace('mine', 'maps')))).data).toEqual(decode(picture).data);

  const text = await emerging.run('score', 'runs/a', 'mine', '--threads=1', '--draws=2', '--map=other');
  expect(text.stdout).toContain(
    `\n6 maps, dark ${low.toFixed(2)} to bright ${high.toFixed(2)} bits/dim; ` +
      'values beyond an end get the colour of that end: other\n',
  );
  const again = await emerging.run('score', 'runs/a', 'mine', '--map=maps');
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/^emerging: maps is not empty \(.*\); choose another folder\n$/);
});

it('escapes names in a CSV that spreadsheets would run as formulas, or terminals obey', async () => {
  const names = [
    '=1+1.png',
    '+a.png',
    '-b.png',
    '@c.png',
    '\td.png',
    '=HYPERLINK("x",1).png',
    'a=b.png',
    'e\u001b[2J\n\u202egnp.exe.png',
    '\uff1df.png',
    ' =g.png',
    '\u00a0+h.png',
    '\u3000@i.png',
    'j;=k.png',
    ' l.png',
  ];
  for (const [index, name] of names.entries()) {
    writePng(inFolder(name), tinyImages(1, 8, index), [8, 8, 1]);
  }
  const { code, stderr } = await emerging.run(
    'score',
    '--draws=1',
    '--out=formulas.csv',
    '--',
    'runs/a',
    ...names,
  );
  expect(code, stderr).toBe(0);
  const lines = readFileSync(inFolder('formulas.csv'), 'utf8').trimEnd().split('\n').slice(1);
  const fields = lines.map((line) => line.replace(/(,[^,]*){4}$/, ''));
  expect(fields.sort()).toEqual(
    [
      "'=1+1.png",
      "'+a.png",
      "'-b.png",
      "'@c.png",
      String.raw`\u0009d.png`,
      '"\'=HYPERLINK(""x"",1).png"',
      'a=b.png',
      String.raw`e\u001b[2J\u000a\u202egnp.exe.png`,
      "'\uff1df.png",
      "' =g.png",
      "'\u00a0+h.png",
      "'\u3000@i.png",
      '"j;=k.png"',
      ' l.png',
    ].sort(),
  );
});

it('prints a table, and skips unreadable images', async () => {
  writePng(inFolder('some/a.png'), tinyImages(1, 8, 40), [8, 8, 1]);
  writeFileSync(inFolder('some/b.png'), '');
  const { code, stdout, stderr } = await emerging.run('score', 'runs/a', 'some', '--draws=1');
  expect(stdout).toMatch(
    /^IMAGE +BITS\/DIM +± +PERCENTILE +ODDNESS\nsome\/a\.png +\d\.\d{3} +\d+\.\d +\d\.\d\d\n1 image compared with 16 validation images of data; 1 draw, average weights\n$/,
  );
  expect(stderr).toContain('skipped: some/b.png: empty; use another copy\n');
  expect(stderr.endsWith('emerging: 1 image skipped\n')).toBe(true);
  expect(code).toBe(1);
});

it('scores the images of a dataset, including the reference images, which are not all odd', async () => {
  const report = await emerging.json('score', 'runs/a', '--data=data', '--split=train', '--draws=1');
  expect(report.images).toHaveLength(160);
  const percentiles: number[] = report.images.map(({ percentile }: { percentile: number }) => percentile);
  const mean = percentiles.reduce((total, value) => total + value, 0) / 160;
  expect(Math.abs(mean - 50)).toBeLessThan(20);
});

it('scores with an export, without the data, as with its run', async () => {
  await emerging.json('export', 'runs/a', '--out=exported', '--step=best');
  const { images, reference } = await scoreMine('--step=best');
  cpSync(inFolder('exported'), inFolder('elsewhere/model'), { recursive: true });
  cpSync(inFolder('mine'), inFolder('elsewhere/mine'), { recursive: true });
  const elsewhere = emerging.inside('elsewhere');
  const scored = await elsewhere.json('score', 'model', 'mine', '--threads=1');
  expect(scored).toMatchObject({ draws: 4, seed: 0, reference });
  expect(scored.images).toEqual(images);

  const model = await loadModel(inFolder('exported'), { threads: 1 });
  const own = await model.score(readPixels(inFolder('mine/own 2.png')));
  await model.release();
  const {
    file: _,
    oddness: __,
    ...expected
  } = images.find(({ file }: { file: string }) => file === 'mine/own 2.png');
  expect(own).toEqual([expected]);

  rmSync(inFolder('elsewhere/model/scores.json'));
  const without = await elsewhere.run('score', 'model', 'mine');
  expect(without.code).toBe(1);
  expect(without.stderr).toContain(
    'emerging: model has no scores of validation images: export its run again',
  );
});

it('keeps the scores of the validation images in the run, by weights, draws and seed', async () => {
  const path = inFolder('runs/a/scores.json');
  const first = await scoreMine();
  const { scores } = JSON.parse(readFileSync(path, 'utf8'));
  expect(scores.length).toBeGreaterThan(1);
  // Without the images, only what is kept can be used.
  renameSync(inFolder('data'), inFolder('away'));
  try {
    expect(await scoreMine()).toEqual(first);
    expect((await emerging.run('score', 'runs/a', 'mine', '--seed=99')).code).toBe(2);
  } finally {
    renameSync(inFolder('away'), inFolder('data'));
  }
  writeFileSync(path, '{"scores":[{}]}');
  const { code, stderr } = await emerging.run('score', 'runs/a', 'mine');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('runs/a/scores.json: it does not name its data and its model; delete it'),
  ]);
  rmSync(path);
});

it('names images of a dataset by files that can be found', async () => {
  for (let index = 0; index < 12; index++) {
    writePng(
      inFolder(`photos/${index < 9 ? 'train' : 'test'}/n${index}.png`),
      tinyImages(1, 8, index),
      [8, 8, 1],
    );
  }
  const fileNames = async (data: string): Promise<string[]> => {
    const { images } = await emerging.json('score', 'runs/a', `--data=${data}`, '--draws=1', '--threads=1');
    return images.map(({ file }: { file: string }) => file).sort();
  };
  expect(await fileNames('photos')).toEqual(['10', '11', '9'].map((index) => `photos/test/n${index}.png`));
  await emerging.json('datasets', 'prepare', 'photos', '--size=8', '--channels=1', '--out=photos.images');
  expect(await fileNames('photos.images')).toEqual(['10', '11', '9'].map((index) => `test/n${index}.png`));
  expect((await fileNames('data'))[0]).toBe('test-00000.png');
});
