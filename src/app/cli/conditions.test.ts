// The commands with a continuous model that depends on a number and on an image: conditions from arrays, tables and image
// files, samples, scores, posteriors, and the ONNX files on their own.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { inMemory } from '../../data/files/fileStore.ts';
import { npyBytes, readNpyHeader } from '../../data/formats/npy.ts';
import { openDataset } from '../../data/registry.ts';
import { commandProcess } from '../../testing/command.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { tinyTraining } from '../../testing/tinyImages.ts';
import { createZip } from '../../testing/zipFiles.ts';

const emerging = commandProcess();
const inFolder = (name: string): string => join(emerging.folder, name);
const json = (...args: string[]) => emerging.json(...args, '--threads=1');
const [COUNT, SIZE, LOW] = [160, 8, 4];
const AREA = SIZE ** 2;
const shift = new Float32Array(COUNT);
const low = new Float32Array(COUNT * LOW ** 2);
const fields = new Float32Array(COUNT * AREA);

/** The low-resolution pixel that contains a pixel of a field. */
const cellAt = (pixel: number): number => LOW * Math.floor(pixel / SIZE / 2) + Math.floor((pixel % SIZE) / 2);
const darkImage = (index: number): Float32Array => low.slice(index * LOW ** 2, (index + 1) * LOW ** 2);
const fieldImage = (index: number): Float32Array => fields.slice(index * AREA, (index + 1) * AREA);
/** A file of the conditions of some images. */
const conditionsCsv = (...indices: number[]): Uint8Array =>
  createZip([
    {
      name: 'shift.npy',
      bytes: npyBytes(
        Float32Array.from(indices, (index) => shift[index]!),
        [indices.length],
      ),
    },
    {
      name: 'low.npy',
      bytes: npyBytes(Float32Array.from(indices.flatMap((index) => [...darkImage(index)])), [
        indices.length,
        LOW,
        LOW,
      ]),
    },
  ]);

async function arrayIn(name: string): Promise<Float32Array> {
  const bytes = readFileSync(inFolder(name));
  const { offset } = await readNpyHeader(inMemory(bytes, name), name);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + bytes.length));
}

beforeAll(async () => {
  const random = new RandomStream(0, 'maps');
  for (let index = 0; index < COUNT; index++) {
    shift[index] = random.uniform();
    for (let cell = 0; cell < LOW ** 2; cell++) {
      low[index * LOW ** 2 + cell] = random.normal();
    }
    for (let pixel = 0; pixel < AREA; pixel++) {
      fields[index * AREA + pixel] =
        280 + 3 * shift[index]! + 2 * low[index * LOW ** 2 + cellAt(pixel)]! + 0.3 * random.normal();
    }
  }
  writeFileSync(inFolder('maps.npy'), npyBytes(fields, [COUNT, SIZE, SIZE]));
  writeFileSync(inFolder('maps.conditions.npz'), conditionsCsv(...shift.keys()));
  writeFileSync(inFolder('low.npy'), npyBytes(low.slice(0, 3 * LOW ** 2), [3, LOW, LOW]));
  writeFileSync(inFolder('single.npy'), npyBytes(darkImage(3), [LOW, LOW]));
  const training = ['warmupSteps=5', 'learningRate=0.01', 'averageDecay=0.9'].map(
    (setting) => `--set=training.${setting}`,
  );
  const model = ['--set=model.continuous=true', '--set=model.condition=true'];
  await json('train --data=maps.npy', ...tinyTraining, '--steps=200', ...training, ...model, '--out=runs/a');
});

it('is measured with the conditions of the data', async () => {
  expect(readFileSync(inFolder('runs/a/config.yaml'), 'utf8')).toMatch(/name: low\n.*\n.*\n +shape:/);
  const { natsPerValue } = await json('evaluate', 'runs/a');
  // Without conditions, the deviation of the values is above 2: more than ½ ln 2πe 4 = 2.1 nats.
  expect(natsPerValue).toBeLessThan(1.2);
});

it('draws samples like a low resolution, each of several for an equal share', async () => {
  const args = ['--condition=shift=0.5', '--count=12', '--temperature=0.5', '--out=x.png', '--array=x.npy'];
  const drawn = await json('sample', 'runs/a', ...args, '--condition=low=low.npy');
  expect(drawn).toMatchObject({ count: 12, condition: { shift: 0.5, low: 'low.npy' } });
  const values = await arrayIn('x.npy');
  for (let sample = 0; sample < 12; sample++) {
    const means = new Array(LOW ** 2).fill(0);
    values.subarray(sample * AREA, (sample + 1) * AREA).forEach((value, pixel) => {
      means[cellAt(pixel)] += value / 4;
    });
    const nearest = [0, 1, 2].map((row) =>
      darkImage(row).reduce((sum, value, cell) => sum + (280 + 1.5 + 2 * value - means[cell]!) ** 2, 0),
    );
    expect(nearest.indexOf(Math.min(...nearest))).toBe(Math.floor(sample / 4));
  }
});

it('warns about numbers far outside the training images’ range', async () => {
  const sample = ['sample', 'runs/a', '--condition=low=single.npy', '--count=1', '--out=far.png'];
  expect((await emerging.run(...sample, '--condition=shift=0.9')).stderr).not.toContain(
    'standard deviations',
  );
  expect((await emerging.run(...sample, '--condition=shift=5')).stderr).toMatch(
    /shift=5 is 1\d standard deviations from the mean of the training images, 0\.\d+ ± 0\.\d+: /,
  );
});

it('scores given conditions for files, by name, in order, or one for all', async () => {
  const { test } = await openDataset(inFolder('maps.npy'));
  const numbers = [0, 1].map((index) => Number(test.nameAt!(index)));
  mkdirSync(inFolder('observed'));
  mkdirSync(inFolder('lows'));
  for (const [index, number] of numbers.entries()) {
    writeFileSync(inFolder(`observed/${index}.npy`), npyBytes(fieldImage(number), [SIZE, SIZE]));
    writeFileSync(inFolder(`lows/${index}.npy`), npyBytes(darkImage(number), [LOW, LOW]));
  }
  writeFileSync(inFolder('shifts.csv'), `shift,other\n${shift[numbers[0]!]},a\n${shift[numbers[1]!]},b\n`);
  const scores = async (...args: string[]): Promise<Record<string, number>> => {
    const { images } = await json('score', 'runs/a', ...args);
    return Object.fromEntries(
      images.map((image: { file: string; natsPerValue: number }) => [image.file, image.natsPerValue]),
    );
  };
  const scored = await scores('--data=maps.npy');
  const expected = [0, 1].map((index) => scored[test.nameAt!(index)]!) as [number, number];
  const each = await scores('observed', '--condition=low=lows', '--condition=shifts.csv');
  expect(each['observed/0.npy']).toBeCloseTo(expected[0], 5);
  expect(each['observed/1.npy']).toBeCloseTo(expected[1], 5);
  writeFileSync(inFolder('one.npz'), conditionsCsv(numbers[0]!));
  const single = await scores('observed', '--condition=one.npz');
  expect(single['observed/0.npy']).toBeCloseTo(expected[0], 5);
  expect(single['observed/1.npy']! - expected[1]).toBeGreaterThan(1);
  // Next to the images.
  copyFileSync(inFolder('one.npz'), inFolder('observed/conditions.npz'));
  expect(await emerging.refused('infer', 'runs/a', 'observed')).toContain(
    'conditions.npz has 1 rows for 2 images: give one for each',
  );
});

it('infers numbers, and compares the posteriors with the true ones, if wanted', async () => {
  const { images, draws } = await json('infer', 'runs/a', '--data=maps.npy', '--truth', '--out=true.csv');
  // Real numbers have no noise to draw.
  expect([draws, images.length]).toEqual([1, 15]);
  const [header, ...lines] = readFileSync(inFolder('true.csv'), 'utf8').trimEnd().split('\n');
  expect(header).toBe('file,condition,mean,deviation,q0.05,q0.5,q0.95,true,below');
  expect(lines).toHaveLength(15);
  for (const line of lines) {
    const [file, , mean, , ...values] = line.split(',');
    const [low, middle, high, truth, below] = values.map(Number) as [number, number, number, number, number];
    expect(truth).toBeCloseTo(shift[Number(file)]!, 6);
    expect(Math.abs(Number(mean) - truth)).toBeLessThan(0.25);
    // The quantiles and the probability describe the same posterior.
    expect([below < 0.05, below < 0.5, below < 0.95]).toEqual([truth < low, truth < middle, truth < high]);
  }
  copyFileSync(inFolder('observed/0.npy'), inFolder('=1.npy'));
  const args = ['=1.npy', '--condition=low=single.npy', '--range=shift=3:4', '--out=formula.csv'];
  const { code, stdout, stderr } = await emerging.run('infer', 'runs/a', ...args);
  expect(code, stderr).toBe(0);
  expect(readFileSync(inFolder('formula.csv'), 'utf8')).toContain("\n'=1.npy,shift,");
  expect(stdout).toMatch(/^IMAGE +CONDITION +MEAN +± +5 % +50 % +95 %\n/);
  expect(stderr).toMatch(/the posterior of shift is cut off by its range, and depends on it/);
});

it('prints and writes the posteriors of the images that are done if it is interrupted', async () => {
  const many = Float32Array.from({ length: 2000 * AREA }, (_, index) => fields[index % fields.length]!);
  writeFileSync(inFolder('many.npy'), npyBytes(many, [2000, SIZE, SIZE]));
  const args = ['many.npy', '--condition=low=single.npy', '--threads=1', '--out=some.csv', '--json'];
  // The first line of progress comes before the first image, and names no speed.
  const { code, stdout, stderr } = await emerging.interrupt('SIGINT', 'images/s', 'infer', 'runs/a', ...args);
  expect(code, stderr).toBe(130);
  expect(stderr).toMatch(/^inferring 0\/2,000 images · 0 %$/m);
  expect(stderr).toContain('stopping: printing the images that are done');
  const { images, stopped } = JSON.parse(stdout);
  expect(stopped).toBe(true);
  expect(images.length).toBeGreaterThan(0);
  expect(stderr).toContain(`stopped after ${images.length} of 2,000 images; the results are of these`);
  expect(readFileSync(inFolder('some.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(images.length + 1);
});

const sample = ['sample', 'runs/a', '--out=y.png'];
const train = ['train', '--data=maps.npy', ...tinyTraining, '--set=model.continuous=true', '--out=runs/b'];
it.each<[string[], string]>([
  [
    [...sample, '--condition=shift=0'],
    'the model depends on low: give an image of each, such as --condition low=low.png',
  ],
  [[...sample, '--condition=low=low.npy'], 'the model depends on shift: give a value of each'],
  [[...sample, '--condition=shaft=1'], "unknown condition 'shaft': did you mean shift?"],
  [[...sample, '--condition=shift=big'], 'expected NAME=NUMBER, such as shift='],
  [
    [...sample, '--condition=shift=0', '--condition=even.png'],
    'even.png has condition, but the model depends on shift, low',
  ],
  [
    [...sample, '--condition=shift=0', '--condition=low=odd.png'],
    'odd.png: low is 3x3, but the images are 8x8',
  ],
  [[...sample, '--condition=shift=0', '--condition=low=none.png'], 'there is no file none.png'],
  [[...sample, '--condition=low=1'], '--condition low=1: low is an image: give a file'],
  [
    [...sample, '--condition=maps.conditions.npz', '--condition=shift=0'],
    '--condition shift is given twice: keep one',
  ],
  [
    [...sample, '--condition=low=low.npy', '--condition=two.csv'],
    'two.csv has 2 rows, but low.npy 3: give the same number',
  ],
  [
    [...sample, '--condition=shift=0', '--condition=low=low.npy', '--count=2'],
    '--count 2 is less than one image for each of the 3 rows',
  ],
  [
    ['interpolate runs/a seed:1 seed:2 --condition=shift=0 --condition=low=low.npy --out=y.png'],
    'one condition for all images: give a file with one',
  ],
  [['infer', 'runs/a', 'alone/0.npy', '--range=shift=1'], 'two numbers, the lower one first'],
  [['infer', 'runs/a', 'alone/0.npy', '--out=x.json'], 'results are written as CSV; name it x.csv'],
  [
    ['infer', 'runs/a', 'alone/0.npy', '--range=shift=0:1', '--range=shift=0:2'],
    'range of shift is given twice: keep one',
  ],
  [[...train, '--set=data.conditions=low.npy'], 'data.conditions is set, but model.condition is not'],
])('refuses %j', async (args, message) => {
  writePng(inFolder('odd.png'), new Uint8Array(9), [3, 3, 1]);
  writePng(inFolder('even.png'), new Uint8Array(16), [4, 4, 1]);
  mkdirSync(inFolder('alone'), { recursive: true });
  writeFileSync(inFolder('alone/0.npy'), npyBytes(fieldImage(0), [SIZE, SIZE]));
  writeFileSync(inFolder('two.csv'), 'shift\n1\n2\n');
  expect(await emerging.refused(...args)).toContain(message);
});
