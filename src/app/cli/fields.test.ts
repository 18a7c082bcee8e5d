// Fields of real numbers through the commands: samples as arrays, FITS files, and one line where something is for integers.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAll } from '../../data/contract/dataset.ts';
import { npyBytes } from '../../data/formats/npy.ts';
import { openDataset } from '../../data/registry.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import { commandProcess } from '../../testing/command.ts';
import { fitsOfField, npyOfFields, tinyFields } from '../../testing/tinyFields.ts';
import { tinyTraining } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const SIZE = 8;
const continuous = '--set=model.continuous=true';
const train = ['train', ...tinyTraining, '--threads=1', '--no-test'];

beforeAll(async () => {
  const write = (name: string, bytes: Uint8Array) => writeFileSync(inFolder(name), bytes);
  write('maps.npy', npyOfFields(tinyFields(60, SIZE, 0), SIZE));
  write('one.npy', npyBytes(tinyFields(1, SIZE, 9), [SIZE, SIZE]));
  write('nan.npy', npyBytes(new Float32Array(64).fill(Number.NaN), [SIZE, SIZE]));
  mkdirSync(inFolder('sky'));
  const many = tinyFields(60, SIZE, 3);
  for (let index = 0; index < 60; index++) {
    const field = many.subarray(64 * index, 64 * (index + 1));
    write(`sky/${String(index).padStart(2, '0')}.fits`, fitsOfField(field, SIZE));
  }
  await emerging.json(...train, '--data=maps.npy', continuous, '--steps=2', '--out=runs/a');
});

it('samples values as an array, and a picture with a colour bar', async () => {
  const args = ['--count=6', '--seed=3', '--threads=1', '--out=samples.png', '--array=samples.npy'];
  expect(await emerging.json('sample', 'runs/a', ...args)).toMatchObject({ array: 'samples.npy', count: 6 });
  const model = await loadModel(inFolder('runs/a'), { threads: 1 });
  const samples = await model.sample({ count: 6, seed: 3 });
  await model.release();
  expect(readFileSync(inFolder('samples.npy'))).toEqual(Buffer.from(npyBytes(samples, [6, SIZE, SIZE, 1])));
  const { width, height, channels } = decode(readFileSync(inFolder('samples.png')));
  // Two rows of three images, and a bar with its numbers.
  expect(channels).toBe(3);
  expect(width).toBeGreaterThanOrEqual(3 * 34 - 2);
  expect(height).toBeGreaterThan(2 * 34);
});

it('FITS files are shown, prepared and scored', async () => {
  const shown = await emerging.run('datasets', 'show', 'sky', '--out=sky.png');
  expect(shown.stdout).toMatch(/mean 280\.\d+, deviation 5\.\d+, from 27/);
  await emerging.json('datasets', 'prepare', 'sky', `--size=${SIZE}`, '--out=sky.images');
  const files = await openDataset(inFolder('sky'), { validation: 0 });
  const prepared = await openDataset(inFolder('sky.images'), { validation: 0 });
  expect(readAll(prepared.test)).toEqual(readAll(files.test));
  const { images } = await emerging.json('score', 'runs/a', 'sky/00.fits', '--threads=1');
  expect(images[0].natsPerValue).toEqual(expect.any(Number));
});

describe('in one line, refuses', () => {
  it.each<[string[], RegExp]>([
    [['score', 'runs/a', 'nan.npy'], /64 values are NaN or infinite/],
    [['score', 'runs/a', 'one.npy', '--score=complexity'], /complexity compares with a coder of 8-bit integ/],
    [['evaluate', 'runs/a', '--importance=4'], /is exact; leave .*importance out/],
    [['sample', 'runs/a', '--out=x.png', '--array=x.csv'], /\.npy/],
    [['compress', 'one.npy', '--model=runs/a', '--out=x.eflow'], /its images are real numbers \(float32\)/],
    [['datasets', 'audit', 'maps.npy', '--out=x.html'], /an audit compares integers, and these values are r/],
  ])('%j', async (args, message) => {
    expect(await emerging.refused(...args)).toMatch(message);
  });

  it('to look for copies, before any image is scored', async () => {
    const args = ['score', 'runs/a', 'one.npy', '--map=maps', '--copies'];
    expect(await emerging.refused(...args)).toMatch(
      /copies are found among grey and colour images of integers/,
    );
    expect(existsSync(inFolder('maps'))).toBe(false);
  });
});
