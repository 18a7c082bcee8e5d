import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { option, registerPart, wholeNumber } from '../core/parts/index.ts';
import { conditioned } from '../data/contract/conditions.ts';
import { type Dataset, imagesInMemory, labelled } from '../data/contract/dataset.ts';
import { checkBijection } from '../flows/checks/checkBijection.ts';
import { bijection, chain } from '../flows/contract/bijection.ts';
import { normalParameter, parametersFrom } from '../flows/contract/parameters.ts';
import { coupling } from '../flows/coupling/coupling.ts';
import { glowConditioner } from '../flows/coupling/glowConditioner.ts';
import type { MaskFor } from '../flows/coupling/parts.ts';
import { actnorm } from '../flows/layers/actnorm.ts';
import { defineFlow } from '../flows/models/flowRegistry.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import { StagedFlow } from '../flows/models/stagedFlow.ts';
import { topPrior } from '../flows/priors/prior.ts';
import { studentT } from '../flows/priors/studentT.ts';
import { loadModel } from '../model/loading/loadModel.ts';
import { evaluate } from '../model/measure/evaluate.ts';
import { startRun } from '../runs/open/run.node.ts';
import type { ConfigLayer } from '../runs/settings/configSchema.ts';
import { resolveConfig } from '../runs/settings/resolve.ts';
import { add, multiply, reshape, subtract } from '../tensor/operations/index.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import { train } from '../training/loop/train.ts';
import { requireCodable } from '../uses/codec/model/modelCoder.ts';
import { exportModel } from '../uses/export/exportModel.ts';
import { temporaryFolder } from './temporaryFolder.ts';

type Shape = readonly [number, number, number];

// The 25 lines of docs/library.md.

/** Adds a colour, given for each image, times a learned strength of each channel. */
function tint(shape: Shape) {
  const shift = (colour: Tensor, strength: Tensor): Tensor =>
    reshape(multiply(colour, strength), [colour.shape[0]!, 1, 1, shape[2]]);
  return bijection({
    name: 'tint',
    inputShape: shape,
    outputShape: shape,
    parameters: { strength: normalParameter([shape[2]], 0.1) },
    conditions: { colour: [shape[2]] },
    forward: (x, p, { colour }) => ({ y: add(x, shift(colour, p.get('strength'))), logDet: constant(0) }),
    inverse: (y, p, { colour }) => subtract(y, shift(colour, p.get('strength'))),
  });
}

function tinted(shape: Shape, width: number, options: ModelOptions): StagedFlow {
  const conditioner = glowConditioner({ width });
  const step = chain('step', {
    actnorm: actnorm(shape),
    tint: tint(shape),
    red: coupling(shape, { mask: [0, 1, 1], conditioner }),
    others: coupling(shape, { mask: [1, 0, 0], conditioner }),
  });
  return new StagedFlow(
    shape,
    [
      { path: 'step', kind: 'step', level: 0, stage: step },
      { path: 'prior', kind: 'prior', level: 0, stage: topPrior(shape, { base: studentT() }) },
    ],
    options,
  );
}

const definition = defineFlow({
  name: 'tinted',
  summary: 'Tints and couplings.',
  module: import.meta.url,
  options: { width: option('Hidden channels of its networks.', wholeNumber(1, 64), 4) },
  build: (shape, { width }, options) => tinted(shape, width, options),
});
registerPart(definition);

const SHAPE = [4, 4, 3] as const;

/** Noise around a colour, with the colour as each image's condition, and as its class whether it is more red than blue. */
function dataset(): Dataset {
  const images = (count: number, seed: number) => {
    const random = new RandomStream(seed, 'tints');
    const colour = Float64Array.from({ length: 3 * count }, () => random.uniform());
    const pixels = Uint8Array.from({ length: count * 48 }, (_, index) =>
      Math.floor(200 * colour[3 * Math.floor(index / 48) + (index % 3)]! + 50 * random.uniform()),
    );
    const set = conditioned(
      imagesInMemory(pixels, SHAPE),
      { colour: { shape: [count, 3], data: colour } },
      'tints',
    );
    const numbers = Array.from({ length: count }, (_, image) =>
      Number(colour[3 * image]! > colour[3 * image + 2]!),
    );
    return labelled(set, ['blue', 'red'], numbers, 'tints');
  };
  return {
    name: 'tints',
    imageShape: SHAPE,
    train: images(96, 0),
    validation: images(24, 1),
    test: images(24, 2),
  };
}

const config = (model: ConfigLayer['model']) =>
  resolveConfig({
    overrides: {
      data: { name: 'tints' },
      model: { levels: 1, depth: 1, mixing: '1x1', ...model },
      training: { batchSize: 24, warmupSteps: 5, learningRate: 0.03, steps: 120, averageDecay: 0.8 },
    },
  });

const root = temporaryFolder();

/** The mean of each channel of images. */
function meanColour(pixels: ArrayLike<number>): number[] {
  return [0, 1, 2].map((channel) => {
    const values = Array.from(pixels).filter((_, index) => index % 3 === channel);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

it('is a layer that passes the checks given its condition, and needs it', async () => {
  expect((await checkBijection(tint([2, 3, 3]))).problems).toEqual([]);
  const x = input('x', [2, 2, 3, 3]);
  const p = parametersFrom({ strength: input('strength', [3]) });
  expect(() => tint([2, 3, 3]).forward(x, p)).toThrow(
    "tint needs the condition 'colour', [3] for each image, which is missing",
  );
  expect(() => tint([2, 3, 3]).forward(x, p, { colour: input('colour', [2, 1]) })).toThrow(
    "tint: the condition 'colour' is [2, 1], expected [2, 3], or [1, 3] for all images",
  );
});

it('trains, samples, exports and loads with its own condition, mask and base distribution', async () => {
  const folder = join(root, 'run');
  const model = { flow: 'tinted', condition: ['colour'] };
  const run = await startRun(config(model), folder, { dataset: dataset() });
  expect(run.config.model.condition).toMatchObject([{ name: 'colour', shape: [3] }]);
  await train({ ...run, threads: 1, workers: 1 });
  const { files } = await exportModel(folder, { threads: 1 });
  expect(Object.keys(files)).toContain('prior.onnx');
  const manifest = JSON.parse(String(files['manifest.json']));
  expect(manifest.conditions).toEqual(['colour']);
  await using ofRun = await loadModel(folder, { threads: 1 });
  await using ofExport = await loadModel(files, { threads: 1 });
  const { test } = dataset();
  const { bitsPerDim } = await evaluate(ofRun, test, { draws: 2 });
  expect((await evaluate(ofExport, test, { draws: 2 })).bitsPerDim).toBe(bitsPerDim);
  const condition = { colour: [0.9, 0.5, 0.1] };
  const pixels = await ofExport.sample({ count: 64, condition, onOverflow: () => {} });
  const mirrored = { colour: [0.1, 0.5, 0.9] };
  const others = await ofExport.sample({ count: 64, condition: mirrored, onOverflow: () => {} });
  expect(meanColour(pixels)[0]!).toBeGreaterThan(meanColour(others)[0]! + 10);
  expect(meanColour(pixels)[2]!).toBeLessThan(meanColour(others)[2]! - 10);
  // The latents of samples are those that are drawn, with the tails of Student's t-distribution.
  const [latents] = await ofRun.drawLatents({ count: 64 });
  expect(Math.max(...latents!.data.map(Math.abs))).toBeGreaterThan(6);
  const decoded = await ofRun.decode([latents!], { condition, onOverflow: () => {} });
  expect(decoded).toEqual(await ofRun.sample({ count: 64, condition, onOverflow: () => {} }));
  await expect(ofRun.sample({ count: 1 })).rejects.toThrow('these images have no condition colour');
  await expect(ofRun.sample({ count: 1, condition: { colour: [1, 2] } })).rejects.toThrow(
    'the condition colour has 2 values for 1 images: give 3 numbers for all or for each',
  );
  expect(() => requireCodable(ofRun.model)).toThrow('it depends on the condition of each image');
});

it('is conditioned on classes and numbers together', async () => {
  const folder = join(root, 'both');
  const model: ConfigLayer['model'] = {
    classes: true,
    condition: ['colour'],
    conditioner: { width: 8 },
    prior: 'gaussian-mixture',
  };
  const run = await startRun(config(model), folder, { dataset: dataset() });
  await train({ ...run, threads: 1, workers: 1 });
  await using trained = await loadModel(folder, { threads: 1 });
  expect(Object.keys(trained.model.condition).sort()).toEqual(['classes', 'colour']);
  const { test } = dataset();
  const evaluation = await evaluate(trained, test, { draws: 1 });
  expect(evaluation.classes!.byClass.map((classScores) => classScores.class)).toEqual(['blue', 'red']);
  const condition = { colour: [0.9, 0.5, 0.1] };
  const pixels = await trained.sample({ count: 8, class: 'red', condition, onOverflow: () => {} });
  const logLikelihoods = await trained.logLikelihood(pixels, { class: 'red', condition });
  const blueLogLikelihoods = await trained.logLikelihood(pixels, { class: 'blue', condition });
  const marginals = await trained.logLikelihood(pixels, { condition });
  logLikelihoods.forEach((log, index) => {
    const mean = Math.log((Math.exp(log - blueLogLikelihoods[index]!) + 1) / 2) + blueLogLikelihoods[index]!;
    expect(marginals[index]).toBeCloseTo(mean, 3);
  });
  const { gradient } = await trained.gradient(pixels, { condition });
  expect(gradient.data.every(Number.isFinite)).toBe(true);
});

it('refuses layers that disagree about a condition, and options that no layer uses', () => {
  const shape = [4, 4, 3] as const;
  const otherTint = { ...tint(shape), conditions: { colour: [1] } };
  expect(() => chain('step', { tint: tint(shape), other: otherTint })).toThrow(
    "the condition 'colour' is [3] in chain 'step': part 1 (tint: tint), but [1] in chain 'step': part 2 (other: tint): give one of them another name",
  );
  const prior = { path: 'prior', kind: 'prior', level: 0, stage: topPrior(shape) } as const;
  const omega = { name: 'omega', mean: 0, deviation: 1 };
  expect(() => new StagedFlow(shape, [prior], { condition: [omega] })).toThrow(
    'model.condition names omega, but no layer of the flow depends on it: leave it out',
  );
  expect(() => new StagedFlow(shape, [prior], { classes: ['a', 'b'] })).toThrow(
    'model.classes names classes, but no layer of the flow depends on them: leave it out',
  );
});

it('refuses masks for other images', () => {
  const parts = (mask: MaskFor) => () => coupling([2, 2, 3], { mask, conditioner: (seen) => seen });
  expect(parts([0, 1])).toThrow(
    'the mask has 2 values, but for images 2 x 2 x 3 it needs 3 (one for each channel)',
  );
  expect(parts([1, 1, 1])).toThrow('coupling: the mask changes nothing');
  expect(parts([0, 0, 0])).toThrow('coupling: the mask keeps nothing');
  expect(parts([0, 0.5, 1])).toThrow('coupling: the mask contains 0.5');
});
