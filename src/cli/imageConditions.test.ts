// The commands with a continuous model that depends on a number and on an image: trained, measured, inferred, sampled and
// exported, with conditions from arrays and image files.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { npyBytes, readNpyHeader } from '../data/formats/npy.ts';
import { openDataset } from '../data/registry.ts';
import { RandomStream } from '../numeric/random.ts';
import { inMemory } from '../storage/randomAccess.ts';
import { commandProcess } from '../testing/command.ts';
import { writePng } from '../testing/pngFiles.ts';
import { tinyTraining } from '../testing/tinyImages.ts';
import { zipOf } from '../testing/zipFiles.ts';
import { drawLatents } from '../trained/model/latents.ts';

// The runtime alone, as somebody without this library has it.
const runtimeName = 'onnxruntime-node';
const { InferenceSession, Tensor }: typeof import('onnxruntime-web') = await import(runtimeName);

const emerging = commandProcess();
const at = (name: string): string => join(emerging.folder, name);
const [COUNT, SIZE, LOW] = [160, 8, 4];
const AREA = SIZE ** 2;
const shift = new Float32Array(COUNT);
const low = new Float32Array(COUNT * LOW ** 2);
const fields = new Float32Array(COUNT * AREA);

/** An output of a session. */
interface Output {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** The low resolution of a field. */
const lowOf = (index: number): Float32Array => low.slice(index * LOW ** 2, (index + 1) * LOW ** 2);
const fieldOf = (index: number): Float32Array => fields.slice(index * AREA, (index + 1) * AREA);
/** The mean of each cell of a field that is a pixel of its low resolution. */
function cellMeans(field: Float32Array): number[] {
  const sums = new Array(LOW ** 2).fill(0);
  field.forEach((value, pixel) => {
    const [row, column] = [Math.floor(pixel / SIZE / 2), Math.floor((pixel % SIZE) / 2)];
    sums[row * LOW + column] += value / 4;
  });
  return sums;
}

async function arrayIn(name: string): Promise<Float32Array> {
  const bytes = readFileSync(at(name));
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
      const cell = LOW * Math.floor(pixel / SIZE / 2) + Math.floor((pixel % SIZE) / 2);
      fields[index * AREA + pixel] =
        280 + 3 * shift[index]! + 2 * low[index * LOW ** 2 + cell]! + 0.3 * random.normal();
    }
  }
  writeFileSync(at('maps.npy'), npyBytes(fields, [COUNT, SIZE, SIZE]));
  const arrays = [
    { name: 'shift.npy', bytes: npyBytes(shift, [COUNT]) },
    { name: 'low.npy', bytes: npyBytes(low, [COUNT, LOW, LOW]) },
  ];
  writeFileSync(at('maps.conditions.npz'), zipOf(arrays));
  await emerging.json(
    'train',
    '--data=maps.npy',
    ...tinyTraining,
    '--steps=200',
    '--set=training.warmupSteps=5',
    '--set=training.learningRate=0.01',
    '--set=training.averageDecay=0.9',
    '--set=model.continuous=true',
    '--set=model.condition=true',
    '--out=runs/a',
    '--threads=1',
  );
});

describe('a continuous model with a number and an image', () => {
  it('is measured with those of the data', async () => {
    expect(readFileSync(at('runs/a/config.yaml'), 'utf8')).toMatch(/name: low\n.*\n.*\n +image: true/);
    const { natsPerValue } = await emerging.json('evaluate', 'runs/a', '--threads=1');
    const summary = JSON.parse(readFileSync(at('runs/a/summary.json'), 'utf8'));
    expect(natsPerValue).toBeCloseTo(summary.evaluations[0].natsPerValue, 6);
    // Without conditions, the deviation of the values is above 2: more than ½ ln 2πe 4 = 2.1 nats.
    expect(natsPerValue).toBeLessThan(1.2);
    await emerging.json('export', 'runs/a', '--out=exported');
  });

  it('draws samples like a low resolution, each of several for an equal share', async () => {
    writeFileSync(at('low.npy'), npyBytes(low.slice(0, 3 * LOW ** 2), [3, LOW, LOW]));
    const args = ['--condition=shift=0.5', '--count=12', '--temperature=0.5', '--out=x.png', '--threads=1'];
    const found = await emerging.json(
      'sample',
      'runs/a',
      ...args,
      '--condition=low=low.npy',
      '--array=x.npy',
    );
    expect(found).toMatchObject({ count: 12, condition: { shift: 0.5, low: 'low.npy' } });
    const drawn = await arrayIn('x.npy');
    for (let sample = 0; sample < 12; sample++) {
      const means = cellMeans(drawn.subarray(sample * AREA, (sample + 1) * AREA));
      const nearest = [0, 1, 2].map((row) =>
        lowOf(row).reduce((sum, value, cell) => sum + (280 + 1.5 + 2 * value - means[cell]!) ** 2, 0),
      );
      expect(nearest.indexOf(Math.min(...nearest))).toBe(Math.floor(sample / 4));
    }
  });

  it('scores and infers, given conditions beside files, by name or in order', async () => {
    const { test } = await openDataset(at('maps.npy'));
    const index = Number(test.nameOf!(0));
    mkdirSync(at('observed'));
    for (const place of [0, 1]) {
      const number = Number(test.nameOf!(place));
      writeFileSync(at(`observed/${place}.npy`), npyBytes(fieldOf(number), [SIZE, SIZE]));
      writeFileSync(at(`low${place}.npy`), npyBytes(lowOf(number), [LOW, LOW]));
    }
    mkdirSync(at('lows'));
    for (const place of [0, 1]) {
      writeFileSync(at(`lows/${place}.npy`), readFileSync(at(`low${place}.npy`)));
    }
    writeFileSync(at('shifts.csv'), `shift,other\n${shift[index]},a\n${shift[Number(test.nameOf!(1))]},b\n`);
    const scoreOf = async (...args: string[]) => {
      const { images } = await emerging.json('score', 'runs/a', ...args, '--threads=1');
      return Object.fromEntries(
        images.map((one: { file: string; natsPerValue: number }) => [one.file, one.natsPerValue]),
      );
    };
    const own = await scoreOf('--data=maps.npy');
    const given = await scoreOf('observed', '--condition=low=lows', '--condition=shifts.csv');
    expect(given['observed/0.npy']).toBeCloseTo(own[test.nameOf!(0)], 5);
    expect(given['observed/1.npy']).toBeCloseTo(own[test.nameOf!(1)], 5);
    const files = [
      { name: 'shift.npy', bytes: npyBytes(Float32Array.of(shift[index]!), [1]) },
      { name: 'low.npy', bytes: npyBytes(lowOf(index), [1, LOW, LOW]) },
    ];
    writeFileSync(at('one.npz'), zipOf(files));
    const forAll = await scoreOf('observed', '--condition=one.npz');
    expect(forAll['observed/0.npy']).toBeCloseTo(own[test.nameOf!(0)], 5);
    expect(forAll['observed/1.npy'] - own[test.nameOf!(1)]).toBeGreaterThan(1);

    // Real numbers have no noise to draw.
    const { images, draws } = await emerging.json(
      'infer',
      'runs/a',
      'observed',
      '--condition=low=lows',
      '--threads=1',
    );
    expect([draws, images[0].posterior]).toMatchObject([1, [{ name: 'shift' }]]);
    expect(Math.abs(images[0].posterior[0].mean - shift[index]!)).toBeLessThan(0.25);
    // Beside the images.
    writeFileSync(at('observed/conditions.npz'), zipOf([files[0]!, files[1]!]));
    const one = await emerging.run('infer', 'runs/a', 'observed', '--threads=1');
    expect(one.stderr).toContain('conditions.npz has 1 rows for 2 images: give one for each');
  });

  it('is called by those with the ONNX files alone', async () => {
    const manifest = JSON.parse(readFileSync(at('exported/manifest.json'), 'utf8'));
    expect(manifest.conditions).toEqual({ vector: ['shift'], context: ['low'] });
    const tensor = (shape: readonly number[], data: Float32Array) => new Tensor('float32', data, [...shape]);
    const count = 3;
    // The context has the pixels of the images: those of the low resolution are repeated.
    const context = Float32Array.from({ length: count * AREA }, (_, place) => {
      const [image, pixel] = [Math.floor(place / AREA), place % AREA];
      return lowOf(image)[LOW * Math.floor(pixel / SIZE / 2) + Math.floor((pixel % SIZE) / 2)]!;
    });
    const condition = {
      vector: tensor([count, 1], shift.slice(0, count)),
      context: tensor([count, SIZE, SIZE, 1], context),
    };
    const shapes = manifest.latents.map(({ shape }: { shape: number[] }) => shape);
    const latents = drawLatents(shapes, { first: 0, count, temperature: 1, seed: 5 });
    const named = Object.fromEntries(
      latents.map(({ shape, data }, level) => [
        manifest.latents[level].name,
        tensor(shape, Float32Array.from(data)),
      ]),
    );
    const sampler = await InferenceSession.create(at('exported/sampler.onnx'));
    const call = async (session: typeof sampler, inputs: Parameters<typeof sampler.run>[0]) =>
      (await session.run(inputs)) as unknown as Record<string, Output>;
    const temperature = tensor([1], Float32Array.of(1));
    const { image } = (await call(sampler, { ...named, ...condition, temperature })) as { image: Output };
    const encoder = await InferenceSession.create(at('exported/encoder.onnx'));
    const found = await call(encoder, { image: tensor(image.dims, image.data), ...condition });
    for (const [name, { data }] of Object.entries<{ readonly data: unknown }>(named)) {
      const differences = (data as Float32Array).map((value, index) =>
        Math.abs(value - found[name]!.data[index]!),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-3);
    }
    const rows = ['shift', 'low'].map((name) => ({
      name: `${name}.npy`,
      bytes:
        name === 'low'
          ? npyBytes(low.slice(0, count * LOW ** 2), [count, LOW, LOW])
          : npyBytes(shift.slice(0, count), [count]),
    }));
    writeFileSync(at('three.npz'), zipOf(rows));
    const args = ['--condition=three.npz', '--count=3', '--seed=5', '--temperature=1', '--array=three.npy'];
    await emerging.json('sample', 'exported', ...args, '--out=three.png', '--threads=1');
    const own = await arrayIn('three.npy');
    const differences = own.map((value, index) => Math.abs(value - image.data[index]!));
    expect(Math.max(...differences)).toBeLessThan(1e-3);
  });

  it('takes an array of two dimensions as one image where an image is needed', async () => {
    writeFileSync(at('single.npy'), npyBytes(lowOf(3), [LOW, LOW]));
    const given = [
      '--condition=shift=0',
      '--condition=low=single.npy',
      '--count=2',
      '--seed=1',
      '--threads=1',
    ];
    await emerging.json('sample', 'runs/a', ...given, '--array=single-samples.npy');
    writeFileSync(at('stacked.npy'), npyBytes(lowOf(3), [1, LOW, LOW]));
    const stacked = given.map((one) => one.replace('single.npy', 'stacked.npy'));
    await emerging.json('sample', 'runs/a', ...stacked, '--array=stacked-samples.npy');
    expect(readFileSync(at('single-samples.npy'))).toEqual(readFileSync(at('stacked-samples.npy')));
  });

  it.each([
    [
      2,
      ['sample', 'runs/a', '--condition=shift=0'],
      'the model depends on low: give an image of each, such as --condition low=low.png',
    ],
    [
      1,
      ['sample', 'runs/a', '--condition=shift=0', '--condition=even.png'],
      'even.png has condition, but the model depends on shift, low: name it, such as --condition low=even.png',
    ],
    [
      1,
      ['sample', 'runs/a', '--condition=shift=0', '--condition=low=odd.png'],
      'odd.png: low is 3x3, but the images are 8x8: one size must be a whole multiple of the other',
    ],
    [
      2,
      ['sample', 'runs/a', '--condition=shift=0', '--condition=low=none.png'],
      '--condition low=none.png: there is no file none.png',
    ],
    [
      2,
      ['sample', 'runs/a', '--condition=maps.conditions.npz', '--condition=shift=0'],
      '--condition shift is given twice: keep one',
    ],
    [
      1,
      ['sample', 'runs/a', '--condition=low=low.npy', '--condition=two.csv'],
      'two.csv has 2 rows, but low.npy 3: give the same number, or one for all images',
    ],
    [
      1,
      ['interpolate', 'runs/a', 'seed:1', 'seed:2', '--condition=shift=0', '--condition=low=low.npy'],
      'low.npy has 3 rows, but this command uses one condition for all images: give a file with one',
    ],
    [
      1,
      ['sample', 'runs/a', '--condition=shift=0', '--condition=low=nan.npy'],
      'nan.npy: 1 value is NaN or infinite, in 1 of 1 images',
    ],
    [
      2,
      ['infer', 'runs/a', 'alone/0.npy'],
      'there is no conditions.csv or conditions.npy beside them: write one, or pass --condition low=FILE',
    ],
    [
      2,
      ['sample', 'runs/a', '--condition=low=1'],
      '--condition low=1: low is an image: give a file, such as --condition low=low.png',
    ],
  ])('exits with %i: %j', async (code, args, message) => {
    writePng(at('odd.png'), new Uint8Array(9), [3, 3, 1]);
    writePng(at('even.png'), new Uint8Array(16), [4, 4, 1]);
    mkdirSync(at('alone'), { recursive: true });
    writeFileSync(at('alone/0.npy'), npyBytes(fieldOf(0), [SIZE, SIZE]));
    writeFileSync(at('two.csv'), 'shift\n1\n2\n');
    writeFileSync(at('nan.npy'), npyBytes(low.slice(0, 16).fill(Number.NaN, 3, 4), [1, LOW, LOW]));
    const result = await emerging.run(...args, '--out=y.png');
    expect(result.stderr).toContain(message);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.code).toBe(code);
  });

  it('is not trained on a constant condition', async () => {
    writeFileSync(at('constant.npy'), npyBytes(new Float32Array(COUNT).fill(2), [COUNT]));
    const args = [
      '--set=model.condition=true',
      '--set=model.continuous=true',
      '--set=data.conditions=constant.npy',
    ];
    const { code, stderr } = await emerging.run(
      'train',
      '--data=maps.npy',
      ...tinyTraining,
      ...args,
      '--out=runs/b',
    );
    expect(stderr).toContain('the condition condition hardly varies over the images of maps.npy');
    expect(code).toBe(1);
  });
});

it('low resolutions in a folder beside a folder of images are found by name', async () => {
  for (let index = 0; index < 50; index++) {
    const split = index < 40 ? 'train' : 'test';
    const values = Uint8Array.from(lowOf(index), (value) => 128 + 30 * value);
    const pixels = Uint8Array.from({ length: AREA }, (_, pixel) => {
      return values[LOW * Math.floor(pixel / SIZE / 2) + Math.floor((pixel % SIZE) / 2)]! + (pixel % 7);
    });
    writePng(at(`sky/${split}/${index}.png`), pixels, [SIZE, SIZE, 1]);
    writePng(at(`sky.conditions/${split}/${index}.png`), values, [LOW, LOW, 1]);
  }
  const training = [
    '--data=sky',
    ...tinyTraining,
    '--steps=3',
    '--set=model.condition=true',
    '--out=runs/sky',
  ];
  await emerging.json('train', ...training, '--threads=1');
  const samples = ['--condition=sky.conditions/test/40.png', '--count=4', '--out=sky.png', '--threads=1'];
  expect(await emerging.json('sample', 'runs/sky', ...samples)).toMatchObject({ count: 4 });
  const { images } = await emerging.json('score', 'runs/sky', 'sky/test', '--condition=sky.conditions/test');
  expect(images).toHaveLength(10);
  expect((await emerging.json('evaluate', 'runs/sky', '--threads=1')).images).toBe(10);
});
