// `emerging runs` and `emerging compare`, on two tiny runs and a corrupt one; and what an export can be compared with.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJsonLines } from '../../../data/files/files.ts';
import { commandProcess } from '../../../testing/command.ts';
import { recordOptions } from '../../../testing/hostile/hostileRuns.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (path: string): string => join(emerging.folder, path);

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  const options = ['--data=data', ...tinyTraining, '--threads=1'];
  await emerging.json('train', ...options, '--steps=12', '--out=runs/a', '--tensorboard');
  await emerging.json('train --steps=12 --stop-at=5 --out=runs/b', ...options, '--set=model.mixing=1x1');
  cpSync(inFolder('runs/a'), inFolder('runs/damaged'), { recursive: true });
  writeFileSync(inFolder('runs/damaged/summary.json'), '{"run":');
});

it('a resume continues the events in a new file, and writes none if there were none', async () => {
  cpSync(inFolder('runs/a'), inFolder('resumed'), { recursive: true });
  await emerging.json('train', '--resume=resumed', '--steps=14', '--no-test', '--threads=1');
  const files = ['00000000', '00000001'].map((number) => `events.out.tfevents.${number}.emerging`);
  expect(readdirSync(inFolder('resumed/tensorboard')).sort()).toEqual(files);
  const text = readFileSync(inFolder(`resumed/tensorboard/${files[1]}`), 'latin1');
  expect(text.split('bits per dim/training')).toHaveLength(3);
  cpSync(inFolder('runs/b'), inFolder('without'), { recursive: true });
  await emerging.json('train', '--resume=without', '--stop-at=6', '--no-test', '--threads=1');
  expect(existsSync(inFolder('without/tensorboard'))).toBe(false);
});

describe('runs', () => {
  it('lists the progress and results of every run', async () => {
    const [a, b, damaged] = await emerging.json('runs');
    const lines = [...readJsonLines(inFolder('runs/a/metrics.jsonl'))];
    const batches = lines.flatMap(({ bitsPerDim }) => (bitsPerDim as number) ?? []);
    const { evaluations } = JSON.parse(readFileSync(inFolder('runs/a/summary.json'), 'utf8'));
    expect(a).toMatchObject({
      run: 'runs/a',
      preset: 'mnist-quickstart',
      data: 'data',
      step: 12,
      complete: true,
      problem: null,
    });
    // The last tenth of 12 batches, rounded up.
    expect(a.train).toBeCloseTo((batches.at(-2)! + batches.at(-1)!) / 2, 10);
    expect(a.validation).toBe(lines.at(-1)!.validationBitsPerDim);
    expect(a.test).toBe(evaluations[0].bitsPerDim);
    expect(a.imagesPerSecond).toBeGreaterThan(0);
    expect(Date.parse(a.when)).toBeGreaterThan(0);
    expect(b).toMatchObject({ run: 'runs/b', step: 5, complete: false, test: null });
    expect(damaged).toMatchObject({ problem: expect.stringContaining('summary.json: not valid JSON') });
  });

  it('shows settings that a resume changed, and writes a table with all settings', async () => {
    cpSync(inFolder('runs/b'), inFolder('changed/b'), { recursive: true });
    const rate = 'training.learningRate=0.0005';
    await emerging.json('train --resume=changed/b --stop-at=6 --no-test --threads=1', `--set=${rate}`);
    expect((await emerging.run('runs', 'changed')).stdout).toMatch(
      /^changed\/b: changed after step 5: training.learningRate [\d.]+ → 0.0005/m,
    );
    const change = expect.objectContaining({ step: 5, setting: 'training.learningRate', to: 0.0005 });
    expect(await emerging.json('runs', 'changed')).toMatchObject([
      { changes: expect.arrayContaining([change]) },
    ]);
    const { stdout } = await emerging.run('runs', 'changed', '--csv');
    const [titles, values] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const column = (title: string) => values![titles!.indexOf(title)];
    expect(values).toHaveLength(titles!.length);
    expect([column('run'), column('step'), column('model.mixing'), column('training.learningRate')]).toEqual([
      'changed/b',
      '6',
      '1x1',
      '0.0005',
    ]);
    expect(column('changes')).toContain('after step 5');
    expect(await emerging.run('runs', '--csv', '--json')).toMatchObject({ code: 2 });
  });

  it('reports an empty folder, and refuses a missing one', async () => {
    mkdirSync(inFolder('no runs'));
    expect((await emerging.run('runs', 'no runs/')).stdout).toBe(
      "no runs in no runs/; emerging train --out 'no runs/NAME' starts one\n",
    );
    expect(await emerging.run('runs', 'none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no folder none'),
    });
  });
});

describe('compare', () => {
  it('reports differences on the same images and noise, and draws the curves', async () => {
    const compared = await emerging.json('compare runs/a runs/b --split=test --seed=3 --threads=1');
    const [a, b] = compared.runs;
    expect(compared).toMatchObject({
      split: 'test',
      images: 48,
      draws: 1,
      seed: 3,
      weights: 'average',
      bits: 8,
    });
    for (const run of [a, b]) {
      const alone = await emerging.json('evaluate', run.run, '--draws=1', '--seed=3', '--threads=1');
      expect(run.bitsPerDim).toBeCloseTo(alone.bitsPerDim, 5);
    }
    expect([a.step, b.step]).toEqual([12, 5]);
    expect(b.difference).toBeCloseTo(b.bitsPerDim - a.bitsPerDim, 10);
    expect(b.differenceError).toBeGreaterThan(0);
    expect(compared.file).toBe('runs/compare.png');
    expect(decode(readFileSync(inFolder('runs/compare.png')))).toMatchObject({ width: 1440, height: 800 });
    // As the shell expands runs/*.
    const all = ['compare', 'runs/a', 'runs/b', 'runs/compare.png', '--threads=1'];
    expect((await emerging.run(...all)).stderr).toContain('left out runs/compare.png: a model is a folder\n');
    expect(await emerging.json(...all)).toMatchObject({ runs: [{ run: 'runs/a' }, { run: 'runs/b' }] });
  });

  it('groups runs by seed, and warns if steps differ', async () => {
    const options = ['--data=data', ...tinyTraining, '--threads=1', '--steps=12', '--no-test'];
    await emerging.json('train', ...options, '--seed=1', '--out=runs/a1');
    await emerging.json('train', ...options, '--seed=1', '--set=model.mixing=1x1', '--out=runs/c1');
    const names = ['runs/a', 'runs/a1', 'runs/c1'];
    const { groups, runs } = await emerging.json('compare', ...names, '--threads=1');
    expect(groups).toMatchObject([
      { runs: ['runs/a', 'runs/a1'], seeds: [0, 1], interval: expect.any(Number) },
      { name: 'model.mixing=1x1', seeds: [1], interval: null, pairedSeeds: [1] },
    ]);
    expect(groups[1].difference).toBeCloseTo(runs[2].bitsPerDim - runs[1].bitsPerDim, 10);
    const grouped = await emerging.run('compare', ...names, '--threads=1');
    expect(grouped.stdout).toMatch(/^GROUP .*\n.* {2}2 {2}\d\.\d{4} ± \d/m);
    expect(grouped.stderr).not.toContain('steps differ');
    const { stdout, stderr } = await emerging.run('compare', 'runs/a', 'runs/b', '--threads=1');
    expect(stdout).toContain('±: standard error over images\none seed each');
    expect(stderr).toContain('steps differ, and with them training: runs/a 12, runs/b 5');
  });

  it('refuses runs that are not comparable', async () => {
    const refused = (...args: string[]) => emerging.refusedWith(2, 'compare', ...args);
    expect(await refused('runs/a')).toContain('at least two models');
    expect(await refused('runs/a', 'runs/a/')).toContain(
      'runs/a and runs/a/ are the same run: name different runs',
    );
    cpSync(inFolder('runs/a'), inFolder('other'), { recursive: true });
    const config = readFileSync(inFolder('other/config.yaml'), 'utf8');
    writeFileSync(inFolder('other/config.yaml'), config.replace('bits: 8', 'bits: 5'));
    recordOptions(inFolder('other'), { bits: 5 }, 'checkpoints/step-00000012.safetensors');
    expect(await refused('runs/a', 'other')).toContain('model.bits is 8 in one and 5 in the other');
  });

  it('measures runs of other images on those that are named', async () => {
    cpSync(inFolder('data'), inFolder('copied'), { recursive: true });
    const images = ['--data=copied', '--set=data.validation=0.5', '--steps=2', '--no-test'];
    await emerging.json('train', ...tinyTraining, ...images, '--out=runs/copied', '--threads=1');
    const pair = ['compare', 'runs/a', 'runs/copied', '--out=pair.png', '--threads=1'];
    expect(await emerging.refusedWith(2, ...pair, '--split=test')).toMatch(
      /cannot be compared on test images: data\.name is data in one and copied in the other; name images for both with --data$/,
    );
    expect(await emerging.refusedWith(2, ...pair, '--data=data', '--split=validation')).toMatch(
      /cannot be compared on validation images: data\.validation is .* in one and 0\.5 in the other; compare them on --split test$/,
    );
    const { runs } = await emerging.json(...pair, '--data=data', '--split=test');
    expect(runs[1]).toMatchObject({ run: 'runs/copied', step: 2 });
  });
});

describe('an export', () => {
  beforeAll(() => emerging.json('export', 'runs/a', '--out=exported'));

  it.each([
    ['evaluate', ['evaluate', 'exported']],
    ['doctor', ['doctor', 'exported']],
    ['compare', ['compare', 'runs/a', 'exported', '--out=new.png']],
  ])('needs images for %s', async (_, args) => {
    expect(await emerging.refusedWith(2, ...args)).toBe(
      'exported is an export, and exports contain no images: name a dataset with --data',
    );
  });

  it('is measured on images of its shape, and not compared with itself', async () => {
    writeTinyDataset(inFolder('larger'), { size: 12 });
    expect(await emerging.refusedWith(2, 'evaluate', 'exported', '--data=larger')).toMatch(
      /^the images of larger are 12x12x1, .* name a dataset of such images$/,
    );
    expect(await emerging.refusedWith(2, 'compare', 'exported', './exported', '--data=data')).toBe(
      'exported and ./exported are the same export: name different exports',
    );
  });
});
