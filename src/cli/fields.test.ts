// Fields of real numbers through the commands: results in nats per value in every text and file, samples as arrays, and one
// line where something is for integers of 8 bits.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAll } from '../data/contract/dataset.ts';
import { npyBytes } from '../data/formats/npy.ts';
import { openDataset } from '../data/registry.ts';
import { mean } from '../numeric/statistics.ts';
import { commandProcess } from '../testing/command.ts';
import { hasMpirun, needsMpirun, startJob } from '../testing/mpirun.ts';
import { fitsOfField, npyOfFields, tinyFields } from '../testing/tinyFields.ts';
import { tinyImages, tinyTraining } from '../testing/tinyImages.ts';
import { loadModel } from '../trained/loading/loadModel.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const read = (...path: string[]): string => readFileSync(inFolder(...path), 'utf8');

const SIZE = 8;
const own = tinyFields(6, SIZE, 9);
const fieldAt = (index: number): Float32Array => own.slice(64 * index, 64 * (index + 1));

/** Runs a command that must succeed, and returns what it prints, which must not speak of bits per dim. */
async function inNats(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await emerging.run(...args);
  const text = `${stdout}${stderr}`;
  expect(code, text).toBe(0);
  expect(text).not.toMatch(/bits.dim|bits per dim|bitsPerDim/i);
  return text;
}

/** Runs a command that must fail in one line. */
async function refused(...args: string[]): Promise<string> {
  const { code, stderr } = await emerging.run(...args);
  expect([1, 2]).toContain(code);
  const lines = stderr.split('\n').filter((line) => line.startsWith('emerging: '));
  expect(lines, stderr).toHaveLength(1);
  expect(stderr).not.toMatch(/\n {4}at /);
  return lines[0]!;
}

const training = [...tinyTraining, '--set=model.continuous=true', '--threads=1'];

beforeAll(async () => {
  writeFileSync(inFolder('maps.npy'), npyOfFields(tinyFields(260, SIZE, 0), SIZE));
  writeFileSync(inFolder('bytes.npy'), npyBytes(tinyImages(60, SIZE, 0), [60, SIZE, SIZE]));
  await mkdir(inFolder('arrays'));
  await mkdir(inFolder('sky'));
  for (let index = 0; index < 6; index++) {
    writeFileSync(inFolder('arrays', `${index}.npy`), npyBytes(fieldAt(index), [SIZE, SIZE]));
  }
  const many = tinyFields(60, SIZE, 3);
  for (let index = 0; index < 60; index++) {
    const field = many.subarray(64 * index, 64 * (index + 1));
    writeFileSync(inFolder('sky', `${String(index).padStart(2, '0')}.fits`), fitsOfField(field, SIZE));
  }
});

describe('a continuous run', () => {
  beforeAll(async () => {
    const text = await inNats('train', '--data=maps.npy', ...training, '--steps=10', '--out=runs/a');
    expect(text).toContain(' nats/value on validation images (average weights)');
    expect(text).toMatch(
      /nats\/value .* on all \d+ test images; average weights, real numbers, exact, 1 draw/,
    );
  });

  it('has nats per value in all of its texts', () => {
    const files = ['README.md', 'config.yaml', 'summary.json', 'metrics.jsonl'];
    for (const file of files) {
      expect(read('runs/a', file), file).not.toMatch(/bits.dim|bitsPerDim/i);
    }
    expect(read('runs/a/README.md')).toContain('| images | nats/value |');
    expect(read('runs/a/README.md')).toContain('mean ± deviation by channel: 2');
    expect(JSON.parse(read('runs/a/summary.json')).natsPerValue).toEqual(expect.any(Number));
    expect(readdirSync(inFolder('runs/a'))).toEqual(expect.arrayContaining(['curve.png', 'samples']));
  });

  it('resumes', async () => {
    cpSync(inFolder('runs/a'), inFolder('runs/b'), { recursive: true });
    const args = ['--resume=runs/b', '--steps=12', '--threads=1', '--no-test'];
    expect(await inNats('train', ...args)).toContain('nats/value');
    expect(JSON.parse(read('runs/b/summary.json'))).toMatchObject({ steps: 12, complete: true });
  });

  it('is evaluated: the mean log-density per value', async () => {
    const text = await inNats('evaluate', 'runs/a', '--draws=3', '--threads=1');
    expect(text).toMatch(/^-?\d+\.\d{4} nats\/value \(± \S+ over images\) on all 26 test images;/);
    const result = await emerging.json('evaluate', 'runs/a', '--draws=3', '--threads=1');
    const model = await loadModel(inFolder('runs/a'), { threads: 1 });
    const { test } = await openDataset(inFolder('maps.npy'));
    const densities = await model.logLikelihood(readAll(test));
    await model.release();
    expect(result.natsPerValue).toBeCloseTo(-mean(densities) / 64, 4);
    expect(result).toMatchObject({ draws: 1, standardError: null, bound: 'none' });
    expect(JSON.stringify(result)).not.toContain('itsPerDim');
    expect(await refused('evaluate', 'runs/a', '--importance=4')).toMatch(/is exact; leave .*importance out/);
  });

  it('scores arrays', async () => {
    const text = await inNats('score', 'runs/a', 'arrays', '--threads=1', '--map=maps', '--sheet=oddest.png');
    expect(text).toMatch(/IMAGE +TYPICALITY +P-VALUE +NATS\/VALUE/);
    expect(text).toMatch(/6 maps, dark \S+ to bright \S+ nats\/value/);
    const { images, maps } = await emerging.json('score', 'runs/a', 'arrays', '--threads=1', '--map=more');
    expect(maps.files).toContain('more/0.npy.png');
    const model = await loadModel(inFolder('runs/a'), { threads: 1 });
    const [density] = await model.logLikelihood(fieldAt(2));
    await model.release();
    const scored = images.find(({ file }: { file: string }) => file === 'arrays/2.npy');
    expect(scored.natsPerValue).toBeCloseTo(-density! / 64, 4);
    expect(scored.scores).toEqual({ bits: expect.any(Number), typicality: expect.any(Number) });
    await inNats('score', 'runs/a', 'arrays', '--threads=1', '--out=scores.csv', '--score=bits');
    expect(read('scores.csv')).toMatch(/^file,natsPerValue,standardError,percentile,/);
    expect(await refused('score', 'runs/a', 'arrays', '--score=complexity')).toMatch(
      /the score complexity compares with a coder of 8-bit integers, but these images are real numbers/,
    );
  });

  it('scores fields in another unit alike', async () => {
    const scaled = Float32Array.from(tinyFields(260, SIZE, 0), (value) => 1e-12 * (value - 270));
    writeFileSync(inFolder('scaled.npy'), npyOfFields(scaled, SIZE));
    const shifted = Float32Array.from(fieldAt(0), (value) => 1e-12 * (value - 270));
    writeFileSync(inFolder('scaled-0.npy'), npyBytes(shifted, [SIZE, SIZE]));
    const options = ['--steps=10', '--no-test', '--out=runs/scaled'];
    await emerging.json('train', '--data=scaled.npy', ...training, ...options);
    const one = await emerging.json('score', 'runs/a', 'arrays/0.npy', '--threads=1');
    const other = await emerging.json('score', 'runs/scaled', 'scaled-0.npy', '--threads=1');
    expect(other.images[0].score).toBeCloseTo(one.images[0].score, 1);
    // ln k for values k times as large.
    const difference = one.images[0].natsPerValue - other.images[0].natsPerValue;
    expect(difference).toBeCloseTo(12 * Math.LN10, 3);
  });

  it('samples values as an array, and a picture with a colour bar', async () => {
    const args = ['--count=6', '--seed=3', '--threads=1', '--out=samples.png', '--array=samples.npy'];
    expect(await emerging.json('sample', 'runs/a', ...args)).toMatchObject({
      array: 'samples.npy',
      count: 6,
    });
    const model = await loadModel(inFolder('runs/a'), { threads: 1 });
    const samples = await model.sample({ count: 6, seed: 3 });
    await model.release();
    expect(readFileSync(inFolder('samples.npy'))).toEqual(Buffer.from(npyBytes(samples, [6, SIZE, SIZE, 1])));
    const { width, height, channels } = decode(readFileSync(inFolder('samples.png')));
    // Two rows of three images, and a bar with its numbers.
    expect(channels).toBe(3);
    expect(width).toBeGreaterThanOrEqual(3 * 34 - 2);
    expect(height).toBeGreaterThan(2 * 34);
    expect(await refused('sample', 'runs/a', '--out=x.png', '--array=x.csv')).toMatch(/\.npy/);
  });

  it('encodes fields, and decodes them to arrays: up to rounding, or with --exact to the bit', async () => {
    for (const [name, options] of [
      ['near', []],
      ['exact', ['--exact']],
    ] as const) {
      const file = `${name}.safetensors`;
      await inNats('encode', 'runs/a', 'arrays', `--out=${file}`, '--threads=1', ...options);
      await inNats('decode', 'runs/a', file, `--out=${name}`, '--threads=1');
    }
    const [original, near, exact] = ['arrays', 'near', 'exact'].map((folder) =>
      readFileSync(inFolder(folder, '4.npy')),
    );
    const valuesOf = (bytes: Buffer): Float32Array =>
      new Float32Array(Uint8Array.from(bytes.subarray(-256)).buffer);
    expect(valuesOf(exact!)).toEqual(valuesOf(original!));
    valuesOf(near!).forEach((value, at) => {
      expect(Math.abs(value - fieldAt(4)[at]!)).toBeLessThan(0.01);
    });
  });

  it('interpolates', async () => {
    await inNats('interpolate', 'runs/a', 'arrays/0.npy', 'seed:1', '--steps=4', '--out=between.png');
    expect(decode(readFileSync(inFolder('between.png'))).channels).toBe(3);
  });

  it('exports', async () => {
    await inNats('export', 'runs/a', '--out=exported');
    const manifest = JSON.parse(read('exported/manifest.json'));
    expect(manifest.image).toMatchObject({ values: 'float32' });
    expect(manifest.trained.natsPerValue.map(({ split }: { split: string }) => split)).toContain('test');
    expect(read('exported/README.md')).not.toMatch(/bits.dim/i);
  });

  it('is examined by the doctor, without the images that are made of bytes', async () => {
    const text = await inNats('doctor', 'runs/a', '--images=8', '--threads=1');
    expect(text).toMatch(/nats\/value: median ≈ -?\d/);
    expect(text).toContain('hard images: not examined, since they are made of 8-bit integers');
    expect(text).toMatch(/of the values within 0\.001 deviations/);
  });

  it('is compared and listed', async () => {
    const text = await inNats('compare', 'runs/a', 'runs/b', '--threads=1', '--out=curves.png');
    expect(text).toMatch(/RUN +STEP +BOUND +NATS\/VALUE +DIFFERENCE/);
    const { runs } = await emerging.json('compare', 'runs/a', 'runs/b', '--threads=1');
    expect(runs[1].difference).toBeCloseTo(runs[1].natsPerValue - runs[0].natsPerValue, 4);
    const listed = (await emerging.run('runs', 'runs')).stdout;
    expect(listed).toMatch(/UNIT/);
    expect(listed).toMatch(/nats\/value/);
  });
});

describe('FITS files', () => {
  it('are shown, prepared and scored', async () => {
    expect(await inNats('datasets', 'show', 'sky', '--out=sky.png')).toMatch(
      /mean 280\.\d+, deviation 5\.\d+, from 27/,
    );
    await inNats('datasets', 'prepare', 'sky', `--size=${SIZE}`, '--out=sky.images');
    const files = await openDataset(inFolder('sky'), { validation: 0 });
    const prepared = await openDataset(inFolder('sky.images'), { validation: 0 });
    expect(readAll(prepared.test)).toEqual(readAll(files.test));
    expect(await inNats('score', 'runs/a', 'sky/00.fits', '--threads=1')).toContain('NATS/VALUE');
  });
});

describe('in one line,', () => {
  const start = (data: string, ...args: string[]): Promise<string> =>
    refused('train', `--data=${data}`, ...tinyTraining, '--steps=1', '--out=runs/refused', ...args);
  const damaged = (change: (fields: Float32Array) => void): string => {
    const fields = tinyFields(60, SIZE, 0);
    change(fields);
    writeFileSync(inFolder('damaged.npy'), npyOfFields(fields, SIZE));
    return 'damaged.npy';
  };

  it('a model of integers refuses real numbers, and a continuous one integers', async () => {
    expect(await start('maps.npy')).toBe(
      'emerging: the values of maps.npy are real numbers (float32), but the model takes integers of 8 bits: train a model with model.continuous=true on them, or convert them to integers',
    );
    expect(await start('bytes.npy', '--set=model.continuous=true')).toMatch(
      /the values of bytes.npy are 8-bit integers, but the model takes real numbers \(model.continuous\)/,
    );
  });

  it('NaN and infinite values are counted, and their images named', async () => {
    const data = damaged((fields) => {
      fields[64 * 7 + 3] = Number.NaN;
      fields[64 * 7 + 4] = Number.POSITIVE_INFINITY;
    });
    expect(await start(data, '--set=model.continuous=true')).toMatch(
      /damaged.npy: 2 values are NaN or infinite, in 1 of \d+ training images \(7\): replace them, or remove these images/,
    );
    writeFileSync(inFolder('nan.npy'), npyBytes(new Float32Array(64).fill(Number.NaN), [SIZE, SIZE]));
    expect(await refused('score', 'runs/a', 'nan.npy')).toMatch(/64 values are NaN or infinite/);
  });

  it('constant channels are refused', async () => {
    const data = damaged((fields) => fields.fill(3));
    expect(await start(data, '--set=model.continuous=true')).toMatch(
      /damaged.npy: the training images are constant \(3\): a constant has no density/,
    );
  });

  it('values that float32 hardly tells apart are refused', async () => {
    const far = (scale: number): string =>
      damaged((fields) => fields.set(fields.map((value) => 1e5 + scale * value)));
    expect(await start(far(0.004), '--set=model.continuous=true')).toMatch(
      /damaged.npy: the training images are nearly constant \(mean 1\d+(\.\d+)?, standard deviation 0\.\d+\), which float32 hardly resolves: subtract the mean before you save them$/,
    );
  });

  it('float64 values are read, with their rounding, and a warning if float32 hardly tells them apart', async () => {
    const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (60, 8, 8), }`.padEnd(117);
    const doubles = Float64Array.from(tinyFields(60, SIZE, 0), (value) => 1e5 + (0.6 * value) / 3);
    const bytes = [Buffer.from(`\x93NUMPY\x01\0\x76\0${header}\n`, 'latin1'), new Uint8Array(doubles.buffer)];
    writeFileSync(inFolder('doubles.npy'), Buffer.concat(bytes));
    const options = ['--set=model.continuous=true', '--steps=1', '--no-test', '--out=runs/doubles'];
    const text = await inNats('train', '--data=doubles.npy', ...tinyTraining, ...options);
    expect(text).toMatch(
      /float64 values are rounded to float32, by at most \d\.\de-8 of the largest value of their image/,
    );
    expect(text).toMatch(
      /float32 resolves the values around 1\d+(\.\d+)? only to \d(\.\d)? % of their deviation: subtract the mean/,
    );
  });

  it('compression, audits and shifts are for integers', async () => {
    expect(await refused('compress', 'arrays', '--model=runs/a', '--out=x.eflow')).toMatch(
      /its images are real numbers \(float32\)/,
    );
    expect(await refused('datasets', 'audit', 'maps.npy', '--out=x.html')).toMatch(
      /none of its images can be read, such as .*an audit compares integers, and these values are real numbers/,
    );
    expect(await start('maps.npy', '--set=model.continuous=true', '--set=data.augment=[shift]')).toMatch(
      /data.augment: shift interpolates 8-bit values, but these images are real numbers/,
    );
  });
});

describe.skipIf(!hasMpirun)(`several ranks ${needsMpirun}`, { tags: 'system' }, () => {
  it('train and evaluate a continuous model', async () => {
    const options = ['train', '--data=maps.npy', ...training, '--steps=10'];
    await inNats(...options, '--out=runs/alone');
    const job = (...args: string[]) => startJob(2, emerging.words(...args), { cwd: emerging.folder }).ended;
    const trained = await job(...options, '--out=runs/ranks');
    expect(trained.code, trained.stderr).toBe(0);
    expect(`${trained.stdout}${trained.stderr}`).not.toMatch(/bits.dim/i);
    const resultOf = (name: string): number => JSON.parse(read(name, 'summary.json')).natsPerValue;
    expect(resultOf('runs/ranks')).toBeCloseTo(resultOf('runs/alone'), 3);
    const { code, stdout } = await job('evaluate', 'runs/alone', '--threads=1', '--json');
    expect(code).toBe(0);
    const alone = await emerging.json('evaluate', 'runs/alone', '--threads=1');
    expect(JSON.parse(stdout).natsPerValue).toBeCloseTo(alone.natsPerValue, 9);
  });
});
