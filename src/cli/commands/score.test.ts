// `emerging score` as a process: images that are odd in either direction, their order and the output formats.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, expect, it } from 'vitest';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { inColour } from '../../data/pixels/resize.ts';
import { oddPlaces } from '../../evaluation/odd/places.ts';
import { oddReport } from '../../evaluation/odd/score.ts';
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
  const others = tinyImages(12, 8, 32);
  for (let index = 0; index < 12; index++) {
    const image = others.subarray(64 * index, 64 * (index + 1));
    writePng(inFolder(`plain/${index}.png`), image, [8, 8, 1]);
    writePng(inFolder(`stored/${index}.png`), inColour(image), [8, 8, 3]);
    writePng(
      inFolder(`red/${index}.png`),
      inColour(image).map((value, at) => (at % 3 === 0 ? value : 0)),
      [8, 8, 3],
    );
  }
  const noise = Uint8Array.from({ length: 64 }, () => random.integer(256));
  writePng(inFolder('mine/noise, "white".png'), noise, [8, 8, 1]);
  const options = ['--set=training.learningRate=0.01', '--set=training.warmupSteps=0', '--steps=60'];
  await emerging.json(
    'train',
    '--data=data',
    ...tinyTraining,
    ...options,
    '--no-test',
    '--out=runs/a',
    '--threads=1',
  );
});

it('lists the oddest images first, whether simple or complex', async () => {
  const report = await scoreMine('--draws=3');
  expect(report).toMatchObject({ draws: 3, seed: 0, weights: 'average', bits: 8, skipped: [] });
  expect(report.reference).toEqual({ data: 'data', split: 'validation', images: 16, draws: 3, seed: 0 });
  const [first, second, ...rest] = report.images;
  expect(first).toMatchObject({
    file: 'mine/noise, "white".png',
    percentile: 100,
    oddness: 1,
    pValue: 1 / 17,
  });
  expect(second).toMatchObject({ file: 'mine/black.png', percentile: 0, oddness: 1, pValue: 1 / 17 });
  expect(rest.map(({ file }: { file: string }) => file).sort()).toEqual(
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
  const { draws, places } = JSON.parse(readFileSync(inFolder('runs/a/scores.json'), 'utf8'));
  expect(draws).toBe(2);
  const odd = oddPlaces(map, places);
  const framed = report.images.find(({ file }: { file: string }) => file === 'mine/own 2.png').places;
  expect(framed).toEqual(odd.oddest[0]);
  expect(framed).toHaveLength(3);
  const deviations = { map: odd.map.data, frames: framed };
  const picture = mapPicture(pixels, map.data, { imageShape: [8, 8, 1], range: [low, high], deviations });
  expect(decode(readFileSync(inFolder(file.replace('mine', 'maps')))).data).toEqual(decode(picture).data);

  const text = await emerging.run('score', 'runs/a', 'mine', '--threads=1', '--draws=2', '--map=other');
  expect(text.stdout).toContain(
    `\n6 maps, dark ${low.toFixed(2)} to bright ${high.toFixed(2)} bits/dim; ` +
      'values beyond an end get the colour of that end: other\n' +
      'beside it how much each place differs from the same place in validation images, the three oddest framed\n',
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
  const fields = lines.map((line) => line.replace(/(,[^,]*){8}$/, ''));
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
    /^IMAGE +TYPICALITY +P-VALUE +BITS\/DIM +±\nsome\/a\.png +-?\d+\.\d\d +\d\.\d{4} +\d\.\d{3} *\n1 image compared with 16 validation images of data; 1 draw, average weights\ntypicality: .*; higher is odder\. .*\nToo few validation images \(16\) to call any image odd at 1 %: the first are the most unusual\n$/,
  );
  expect(stderr).toContain('only 16 validation images of data to compare with: no p-value is below 0.059,');
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
  const pixels = readPixels(inFolder('mine/own 2.png'));
  const own = await model.score(pixels);
  const report = await oddReport(model, imagesInMemory(pixels, [8, 8, 1]));
  await model.release();
  expect(model.reference!.statistics.bits).toHaveLength(16);
  const { file: _, ...expected } = images.find(({ file }: { file: string }) => file === 'mine/own 2.png');
  const { bitsPerDim, standardError, percentile } = expected;
  expect(own).toEqual([{ bitsPerDim, standardError, percentile }]);
  expect(report).toEqual({
    score: 'typicality',
    images: [{ index: 0, ...expected }],
    source: undefined,
    reference: expect.any(Float64Array),
  });

  rmSync(inFolder('elsewhere/model/scores.json'));
  const without = await elsewhere.run('score', 'model', 'mine');
  expect(without.code).toBe(1);
  expect(without.stderr).toContain(
    'emerging: model has no statistics of validation images: emerging score model --update-reference --reference DATASET ' +
      'adds them, and emerging export RUN --out NEW_FOLDER exports its run again with them\n',
  );
});

it('keeps the latest scores of the validation images in the run', async () => {
  const path = inFolder('runs/a/scores.json');
  const other = await scoreMine('--seed=3');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ draws: 4, seed: 3 });
  const first = await scoreMine();
  expect(first.images).not.toEqual(other.images);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ draws: 4, seed: 0 });
  // Without the images, only what is kept can be used.
  renameSync(inFolder('data'), inFolder('away'));
  try {
    expect(await scoreMine()).toEqual(first);
    expect((await emerging.run('score', 'runs/a', 'mine', '--seed=99')).code).toBe(2);
  } finally {
    renameSync(inFolder('away'), inFolder('data'));
  }
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), data: 'other' }));
  renameSync(inFolder('data'), inFolder('away'));
  expect((await emerging.run('score', 'runs/a', 'mine')).code).toBe(2);
  renameSync(inFolder('away'), inFolder('data'));
  writeFileSync(path, '{}');
  const { code, stderr } = await emerging.run('score', 'runs/a', 'mine');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('runs/a/scores.json: it does not name its data and its model; delete it'),
  ]);
  rmSync(path);
});

it('stores the statistics of validation images at the end of training, and measures them again on request', async () => {
  const path = inFolder('runs/own/scores.json');
  const options = ['--steps=2', '--out=runs/own', '--threads=1'];
  await emerging.json('train', '--data=data', ...tinyTraining, ...options);
  const stored = readFileSync(path, 'utf8');
  expect(JSON.parse(stored).statistics.code).toHaveLength(16);
  const before = await emerging.json('score', 'runs/own', 'mine', '--threads=1');
  expect(readFileSync(path, 'utf8')).toBe(stored);
  rmSync(path);
  const updated = await emerging.run('score', 'runs/own', '--update-reference', '--threads=1');
  expect([updated.code, updated.stdout]).toEqual([
    0,
    '16 validation images of data measured; their statistics are in runs/own\n',
  ]);
  expect(readFileSync(path, 'utf8')).toBe(stored);
  expect(await emerging.json('score', 'runs/own', 'mine', '--threads=1')).toEqual(before);
});

it('adds the statistics to an export, whose manifest lists them', async () => {
  await emerging.json('export', 'runs/a', '--out=later');
  const expected = await emerging.json('score', 'later', 'mine', '--threads=1');
  const refused = await emerging.run('score', 'later', 'mine', '--update-reference');
  expect([refused.code, refused.stderr]).toEqual([
    2,
    'emerging: later is an export, and exports contain no images: name a dataset with --reference\n',
  ]);
  const update = ['score', 'later', 'mine', '--update-reference', '--threads=1'];
  // The default share of its 160 training images is held out: three.
  const few = await emerging.run(...update, '--reference=data');
  expect([few.code, few.stderr]).toEqual([
    2,
    'emerging: data has only 3 images to compare with: name a dataset with at least 10, better hundreds\n',
  ]);
  const report = await emerging.json(...update, '--reference=plain');
  expect(report.reference).toMatchObject({ data: 'plain', images: 12 });
  const after = await emerging.json('score', 'later', 'mine', '--threads=1');
  expect(after).toEqual(report);
  expect(after.images).not.toEqual(expected.images);
  expect((await emerging.run('doctor', 'later', '--data=data')).stdout).not.toContain('not the file that');
  const run = await emerging.run('score', 'runs/a', 'mine', '--update-reference', '--reference=data');
  expect([run.code, run.stderr]).toEqual([
    2,
    'emerging: --update-reference measures the validation images of runs/a: leave out --reference\n',
  ]);
});

it('compares with all images of a plain folder, and says what few of them are worth', async () => {
  const { stdout, stderr } = await emerging.run(
    'score',
    'exported',
    '--update-reference',
    '--reference=plain',
    '--threads=1',
  );
  expect(stdout).toBe('12 validation images of plain measured; their statistics are in exported\n');
  expect(stderr).toContain(
    'only 12 validation images of plain to compare with: no p-value is below 0.077, and all scores but bits are fitted to ' +
      'too few images; compare with more images: --reference DATASET\n',
  );
  // As a model of grey images takes them: stored as colour, without colour.
  const grey = await emerging.json('score', 'runs/a', 'mine', '--reference=plain', '--threads=1');
  const colour = await emerging.json('score', 'runs/a', 'mine', '--reference=stored', '--threads=1');
  expect(colour.images).toEqual(grey.images);
  const red = await emerging.run('score', 'runs/a', 'mine', '--reference=red', '--threads=1');
  expect([red.code, red.stderr]).toEqual([
    2,
    'emerging: the images of red are 8x8x3, but the model was trained on images of 8x8x1: name a dataset of such images\n',
  ]);
});

it('compares with the validation images of a plain folder that the run was trained on', async () => {
  const photos = tinyImages(60, 8, 5);
  for (let index = 0; index < 60; index++) {
    writePng(inFolder(`folder/${index}.png`), photos.subarray(64 * index, 64 * (index + 1)), [8, 8, 1]);
  }
  const share = ['--set=data.validation=0.25', '--steps=2', '--no-test', '--out=runs/folder', '--threads=1'];
  await emerging.json('train', '--data=folder', ...tinyTraining, ...share);
  cpSync(inFolder('folder'), inFolder('moved'), { recursive: true });
  const own = await emerging.json('score', 'runs/folder', 'mine', '--threads=1');
  const moved = await emerging.json('score', 'runs/folder', 'mine', '--reference=moved', '--threads=1');
  expect(own.reference.images).toBeLessThan(20);
  expect(moved.images).toEqual(own.images);
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

it('refuses scores that cannot be computed, in one line', async () => {
  writeTinyDataset(inFolder('larger'), { size: 16 });
  await emerging.json(
    'train',
    '--data=larger',
    ...tinyTraining,
    '--steps=1',
    '--no-test',
    '--out=runs/larger',
  );
  writePng(inFolder('sizes/large.png'), new Uint8Array(15 * 16), [15, 16, 1]);
  for (const [code, message, ...args] of [
    [2, 'the score label needs a model with classes', 'mine', '--score=label'],
    [2, 'the score best-class needs a model with classes', 'mine', '--score=best-class'],
    [2, "unknown score 'typical': ", 'mine', '--score=typical'],
    [1, 'large.png', 'sizes'],
    [2, 'no images: name image files or folders', ...[]],
  ] as [number, string, ...string[]][]) {
    const result = await emerging.run('score', 'runs/a', ...args);
    expect([args, result.code]).toEqual([args, code]);
    const lines = result.stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toContain(message);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  }
});

it('says whether a set comes from the source of the validation images', async () => {
  const same = await emerging.run('score', 'runs/a', '--data=data', '--draws=1', '--threads=1');
  expect(same.stdout).toContain(
    "\nAs a set, these 48 images don't differ from the validation images (1 % false alarms).\n",
  );
  const dark = tinyImages(40, 8, 77).map((value) => value / 4);
  for (let index = 0; index < 40; index++) {
    writePng(inFolder('dark', `${index}.png`), dark.subarray(64 * index, 64 * (index + 1)), [8, 8, 1]);
  }
  const other = await emerging.run('score', 'runs/a', 'dark', '--draws=1', '--threads=1');
  expect(other.stdout).toMatch(
    /\nAs a set, these 40 images differ from the validation images \(p < 0\.001, 1 % false alarms\): .*darker.*\. If you expected no difference, prepare them/,
  );
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
