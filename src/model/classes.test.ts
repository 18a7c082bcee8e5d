import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countElements, type NdArray } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { decodeSafetensors, encodeSafetensors } from '../data/files/safetensors.ts';
import { Glow } from '../flows/models/glow.ts';
import { ParameterLayout } from '../flows/models/parameterLayout.ts';
import { constant } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { classNumber, classNumbers } from './classes.ts';
import { type ClassLikelihoods, givenClass, overClasses, posteriors } from './classLikelihoods.ts';
import { FlowModel } from './flowModel.ts';
import { readLatents, writeLatents } from './loading/latentsFile.ts';

const names = ['zero', '2', 'one'];

const imageShape = [4, 4, 1] as const;
const glow = new Glow(imageShape, {
  levels: 2,
  depth: 1,
  conditioner: { width: 4 },
  mixing: 'emerging',
  learnedPrior: true,
  bits: 8,
  classes: names,
});
const random = new RandomStream(5);
const layout = new ParameterLayout(glow.parameters);
const weights = Object.fromEntries(
  Object.entries(layout.unpack(layout.initial(1))).map(([path, { shape, data }]) => {
    const size = path === 'prior/classKernel' ? 0.5 : 0.03;
    const noise = random.normals(countElements(shape));
    return [path, constant({ shape, data: Float32Array.from(data, (value, i) => value + size * noise[i]!) })];
  }),
);
const model = new FlowModel({ model: glow, parameters: weights }, { threads: 1, precision: 'float64' });
const plain = new FlowModel(
  (() => {
    const { classes: _, ...options } = glow.options;
    const without = new Glow(imageShape, options);
    const sharedWeights = Object.entries(weights).filter(([path]) => path in without.parameters);
    return { model: without, parameters: Object.fromEntries(sharedWeights) };
  })(),
  { threads: 1 },
);
const COUNT = 5;
const pixels = Uint8Array.from({ length: COUNT * 16 }, () => random.integer(256));
const folder = temporaryFolder();
afterAll(() => Promise.all([model.release(), plain.release()]));

describe('a class', () => {
  it('is meant by its name, or else by its number', () => {
    expect(['one', '2', 1, '0', 2, '1'].map((name) => classNumber(names, name))).toEqual([2, 1, 1, 0, 2, 1]);
    expect([...classNumbers(names, ['one', 0], 2)]).toEqual([2, 0]);
    expect([...classNumbers(names, 'one', 3)]).toEqual([2, 2, 2]);
  });

  it.each([3, '3', -1, '-1', 1.5, 'on', ''])('%j is unknown', (name) => {
    expect(() => classNumber(names, name)).toThrow(`unknown class '${name}'`);
  });

  it('is refused by a model without classes, and must be given for every image', async () => {
    expect(() => classNumbers(names, [0, 1], 3)).toThrow('2 classes were given for 3 images');
    await expect(plain.sample({ count: 1, class: 1 })).rejects.toThrow(
      'the model has no classes: leave out class: 1, or train one with model.classes',
    );
    await expect(plain.encode(pixels, { class: 0 })).rejects.toThrow('the model has no classes');
    await expect(plain.bitsPerDim(pixels, { class: 0 })).rejects.toThrow('the model has no classes');
    await expect(plain.classify(pixels)).rejects.toThrow('the model has no classes');
  });
});

it("follows Bayes' rule: p(x), p(class | x) and p(x | class) from the likelihoods of all classes and draws", () => {
  const draws = [
    [-700, -701, -705, -3, -3, -3],
    [-702, -700, -704, -2, -4, -3],
  ].map((values) => Float64Array.from(values));
  const likelihoods: ClassLikelihoods = { classes: 3, draws };
  expect(givenClass(likelihoods, [1, 0]).map((values) => [...values])).toEqual([
    [-701, -3],
    [-700, -2],
  ]);
  const marginal = Math.log((1 + Math.exp(-1) + Math.exp(-5)) / 3) - 700;
  expect(overClasses(likelihoods)[0]![0]).toBeCloseTo(marginal, 10);
  expect(overClasses(likelihoods)[0]![1]).toBeCloseTo(-3, 10);
  const joint = [1 + Math.exp(-2), Math.exp(-1) + 1, Math.exp(-5) + Math.exp(-4)];
  const total = joint.reduce((a, b) => a + b);
  expectClose(
    'p(class | x)',
    posteriors(likelihoods)[0]!,
    joint.map((value) => value / total),
    'float64',
  );
});

it('encodes and decodes under a class, and another class moves the image', async () => {
  const choice = [2, 0, 1, 1, 'zero'];
  const latents = await model.encode(pixels, { class: choice });
  expect(await model.decode(latents, { class: choice })).toEqual(pixels);
  const { inexact } = await model.verify(pixels, latents, { class: choice });
  expect(inexact).toEqual([]);
  const moved = await model.decodeValues(latents, { class: 'one' });
  const sameClass = await model.decodeValues(latents, { class: choice });
  expect(moved.slice(0, 16)).toEqual(sameClass.slice(0, 16));
  expect(moved.slice(16, 32)).not.toEqual(sameClass.slice(16, 32));
  const [, top] = await model.encode(pixels, { class: 'one' });
  expect(latents[1]!.data.slice(0, 8)).toEqual(top!.data.slice(0, 8));
  expect(await model.decode(await model.encode(pixels))).toEqual(pixels);
  const stages = await model.stageImages(pixels, { class: choice });
  expect(stages.at(-1)!.latent!.data).toEqual(latents[1]!.data);
});

it('draws the classes in turn, or those that are chosen', async () => {
  const [inTurn, ones] = [await model.sample({ count: 6 }), await model.sample({ count: 6, class: 'one' })];
  expect(inTurn.slice(2 * 16, 3 * 16)).toEqual(ones.slice(2 * 16, 3 * 16));
  expect(inTurn.slice(0, 2 * 16)).not.toEqual(ones.slice(0, 2 * 16));
  expect(await model.sample({ count: 6, class: [0, 1, 2, 0, 1, 2] })).toEqual(inTurn);
});

it.each([undefined, ['one', 0, 2, 1, 1]])('class %j: the map of bits adds up to bits/dim', async (choice) => {
  const how = { draws: 2, seed: 4, class: choice };
  const [map, bits] = [await model.bitsMap(pixels, how), await model.bitsPerDim(pixels, how)];
  const sums = Array.from(
    { length: COUNT },
    (_, image) => Array.from(map.data.slice(16 * image, 16 * (image + 1))).reduce((a, b) => a + b) / 16,
  );
  expectClose('bits/dim', sums, bits, 'float64');
  const { shape, data } = await model.stageBits(pixels, how);
  const byStage = Array.from(
    { length: COUNT },
    (_, image) =>
      Array.from(data.slice(shape[1]! * image, shape[1]! * (image + 1))).reduce((a, b) => a + b) / 16,
  );
  expectClose('bits/dim by stage', byStage, bits, 'float64');
});

it('a file of latents keeps the classes, and is refused with other ones', async () => {
  const classes = ['one', 'one', '2', 'zero', '2'];
  const latents = await model.encode(pixels, { class: classes });
  const stored = { names: ['a', 'b', 'c', 'd', 'e'], latents };
  const path = join(folder, 'a.safetensors');
  writeLatents(path, { ...stored, classes }, model);
  const read = readLatents(path, model);
  expect(read.classes).toEqual(classes);
  expect(await model.decode(read.latents as NdArray[], { class: read.classes! })).toEqual(pixels);
  expect(() => writeLatents(path, { ...stored, classes: ['one'] }, model)).toThrow(
    'classes must name a class of the model for each image',
  );
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  writeFileSync(path, encodeSafetensors(tensors, { ...metadata, classes: '["one"]' }));
  expect(() => readLatents(path, model)).toThrow(
    `${path} is damaged: it does not name a class of the model for each image; encode the images again`,
  );
});
