// The doctor on small models: sound ones and every mixing pass, and every kind of fault is found and named.
import { describe, expect, it, vi } from 'vitest';
import type { ImageShape, NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { conditioned } from '../../data/contract/conditions.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { randomImages, randomParameters } from '../../flows/checks/randomParameters.ts';
import { type Bijection, chain } from '../../flows/contract/bijection.ts';
import type { Dequantiser } from '../../flows/contract/dequantiser.ts';
import { parametersFrom, prefixed } from '../../flows/contract/parameters.ts';
import { conv1x1, conv1x1Plu, conv1x1Qr } from '../../flows/layers/conv1x1.ts';
import { emerging } from '../../flows/layers/emerging.ts';
import { periodic } from '../../flows/layers/periodic.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import {
  dequantisationName,
  layersOfMixing,
  type Mixing,
  mixingNames,
} from '../../flows/models/partRegistries.ts';
import { createConditionRows, meanCondition } from '../../model/conditions.ts';
import { imageArray } from '../../model/likelihood/likelihood.ts';
import { type TrainedModel, trainedModel } from '../../model/trainedModel.ts';
import { Program } from '../../tensor/engine/program.ts';
import { add, divide, multiply, negate } from '../../tensor/operations/index.ts';
import { adamax } from '../../tensor/optimizers/adamax.ts';
import { constant, constantValue } from '../../tensor/tensor.ts';
import { smallMixing } from '../../testing/layers.ts';
import { asConstants } from '../../testing/programValues.ts';
import { withSteepCoupling } from '../../testing/randomModel.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { startFromData } from '../../training/step/startFromData.ts';
import { Trainer } from '../../training/step/trainer.ts';
import { measureLayers } from './checks.ts';
import { type Diagnosis, diagnose, examinationBytes } from './doctor.ts';
import { examineLayers, measureConditioning } from './examineLayer.ts';
import { examineModel } from './examineModel.ts';
import { judge } from './judge.ts';

const imageShape: ImageShape = [8, 8, 1];
const images = imagesInMemory(tinyImages(40, 8, 3), imageShape);
const engine = { threads: 1 };

/** A model after a few steps of training. */
async function train(mixing: Mixing, changes: Partial<ModelOptions> = {}): Promise<TrainedModel> {
  const options = { levels: 2, depth: 1, conditioner: { width: 8 }, bits: 8 };
  const model = new Glow(imageShape, {
    ...options,
    mixing: smallMixing(mixing, 8),
    learnedPrior: true,
    ...changes,
  });
  const image = imageArray(tinyImages(16, 8, 1), imageShape, model.values);
  const dequantisation = dequantisationName(model.options);
  const half = image.data.map((_, index) => (dequantisation === 'uniform' ? 0.5 : Math.sin(index)));
  const condition = createConditionRows(model, { condition: meanCondition(model) }, 16)(0, 16);
  const batch = { image, noise: { shape: image.shape, data: half, dequantisation }, ...condition };
  const state = await startFromData(model, batch, 0, engine);
  const optimizer = adamax({ beta2: 0.9, biasCorrection: 'standard' });
  const trainer = await Trainer.create(model, state, {
    ...engine,
    batchSize: 16,
    optimizer,
    averageDecay: 0.9,
  });
  for (let step = 0; step < 5; step++) {
    await trainer.step(batch, 0.003);
  }
  await trainer.release();
  return trainedModel(model, await trainer.state(), 'average');
}

const sound = train('emerging');

/** The sound model with one weight changed. */
async function withWeight(path: string, index: number, value: number): Promise<TrainedModel> {
  const { model, parameters } = await sound;
  const { shape, data } = constantValue(parameters[path]!)!;
  const changed = Float64Array.from(data);
  changed[index] = value;
  return { model, parameters: { ...parameters, [path]: constant({ shape, data: changed }) } };
}

const diagnoseModel = (trained: TrainedModel, count = 8): Promise<Diagnosis> =>
  diagnose(trained, images, { ...engine, images: count });

type Noise = ReturnType<Dequantiser['noise']>;

/** Expects layers without any error. */
function expectSound(layers: Diagnosis['layers']): void {
  for (const layer of layers) {
    expect(layer).toMatchObject({ input: 'activations', logDetMethod: 'dense', nonFiniteWeights: [] });
    expect(layer.logDetError).toBeLessThan(1e-8);
    expect(layer.roundTripError).toBeLessThan(1e-5);
  }
}

describe('a sound model', () => {
  it('with conditions passes, each image under its own', async () => {
    const condition = [
      { name: 'omega', mean: 0.5, deviation: 0.3 },
      { name: 'low', mean: 0, deviation: 1, shape: [8, 8, 1] },
    ];
    const random = new RandomStream(2, 'conditions');
    const omega = Array.from({ length: images.count }, () => random.uniform());
    const conditionedImages = conditioned(images, { omega, low: random.normals(images.count * 64) }, 'tiny');
    const trained = await train('emerging', { condition });
    const { problems, reconstruction, bitsPerDim } = await diagnose(trained, conditionedImages, {
      ...engine,
      images: 8,
    });
    expect(problems).toEqual([]);
    expect(reconstruction.exactPixelShare).toBe(1);
    const otherImages = conditioned(
      images,
      { omega: omega.toReversed(), low: random.normals(images.count * 64) },
      'tiny',
    );
    expect((await diagnose(trained, otherImages, { ...engine, images: 8 })).bitsPerDim).not.toEqual(
      bitsPerDim,
    );
    await expect(diagnose(trained, images, engine)).rejects.toThrow('have no condition omega, low');
  });

  it('has its images and first layers ready when it is stopped', async () => {
    const trained = await sound;
    const controller = new AbortController();
    const parts: Diagnosis[] = [];
    const stopped = diagnose(trained, images, {
      ...engine,
      images: 8,
      signal: controller.signal,
      onPart: (diagnosis) => {
        if (parts.push(diagnosis) === 2) {
          controller.abort();
        }
      },
    });
    await expect(stopped).rejects.toThrow('aborted');
    const whole = await diagnoseModel(trained);
    expect(parts.map(({ layers }) => layers)).toEqual([whole.layers.slice(0, 1), whole.layers.slice(0, 2)]);
    const { reconstruction, bitsPerDim } = whole;
    expect(parts.at(-1)).toMatchObject({ ok: true, reconstruction, bitsPerDim, hardImages: null });
  });

  it('passes', async () => {
    const { ok, problems, layers, reconstruction, worstLayer } = await diagnoseModel(await sound);
    expect(problems).toEqual([]);
    expect(ok).toBe(true);
    expect(reconstruction.exactPixelShare).toBe(1);
    expectSound(layers);
    expect(layers.map(({ layer }) => layer)).toContain(worstLayer!.layer);
  });

  it.each(mixingNames)('passes with %s', async (mixing) => {
    const shape: ImageShape = [4, 6, 4];
    const bijection = chain('mixing', layersOfMixing(mixing, shape));
    const start = new RandomStream(3, 'start');
    const parameters = Object.entries(bijection.parameters).map(([path, { shape, trained, initial }]) => {
      const moved = initial(start).map((value) => value + (trained ? 0.05 * start.normal() : 0));
      return [`layer/${path}`, constant({ shape, data: moved })];
    });
    const layers = [{ path: 'layer', bijection }];
    const examined = await examineLayers(
      layers,
      Object.fromEntries(parameters),
      randomImages(3, shape, 'x'),
      engine,
    );
    expect(judge(measureLayers(examined)).problems).toEqual([]);
    expectSound(examined);
  });

  it('is examined on images spread over the dataset, with progress reports', async () => {
    const done: number[] = [];
    const options = { ...engine, images: 100, onProgress: (layers: number) => done.push(layers) };
    const { reconstruction, available, hardImages, layers, bitsPerDim, latents } = await diagnose(
      await sound,
      images,
      options,
    );
    expect(reconstruction.images).toBe(images.count);
    expect(available).toBe(images.count);
    expect(hardImages!.images).toBe(16);
    expect(latents.map(({ estimated }) => estimated)).toEqual([false, false]);
    expect(done).toEqual([0, ...layers.map((_, index) => index + 1)]);
    expect(bitsPerDim.worst.bitsPerDim).toBeGreaterThan(bitsPerDim.median);
    expect(latents.map(({ layer }) => layer)).toEqual(['levels/0/split', 'prior']);
    for (const { mean, variance } of latents) {
      expect(Math.abs(mean)).toBeLessThan(1);
      expect(variance).toBeGreaterThan(0.01);
      expect(variance).toBeLessThan(10);
    }
  });
});

it('marks as estimated what other images, noise or samples would change', async () => {
  const { worst, latents, samples, bitsPerDim } = await diagnoseModel(await sound);
  expect(latents.map(({ estimated }) => estimated)).toEqual([true, true]);
  expect([samples.estimated, bitsPerDim.estimated]).toEqual([true, true]);
  expect(worst.filter(({ estimated }) => estimated).map(({ name }) => name)).toEqual([
    'latentMean',
    'latentVariance',
    'bitsPerDim',
    'explodedSamples',
  ]);
});

it('warns of hard images that do not return, counted over all kinds of change', async () => {
  const { warnings, hardImages } = await diagnoseModel(withSteepCoupling(await sound, -16));
  const lost = hardImages!.kinds.slice(1).reduce((total, kind) => total + kind.lost.float32, 0);
  expect(lost).toBeGreaterThan(0);
  expect(warnings).toContainEqual({
    layer: 'model',
    name: 'lostHardImages',
    what: 'hard images not recovered in float32',
    value: lost,
    total: 8 * (hardImages!.kinds.length - 1),
    limit: 0,
    text: expect.stringContaining(`${lost} of `),
  });
  expect(warnings.map(({ name }) => name)).not.toContain('lostHardImagesInFloat64');
});

describe('a fault', () => {
  const randomWeights = (layers: readonly { path: string; bijection: Bijection }[]) =>
    asConstants(
      Object.assign(
        {},
        ...layers.map(({ path, bijection }) => randomParameters(prefixed(path, bijection.parameters))),
      ),
    );

  it('that zeroes a diagonal is named with its layer', async () => {
    // Element (2, 2) of the centre tap, the first tap of kernel1.
    const diagnosis = await diagnoseModel(
      await withWeight('levels/1/steps/0/emerging/kernel1', 2 * 8 + 2, 0),
    );
    const { ok, problems, worstLayer, layers } = diagnosis;
    expect(ok).toBe(false);
    const layer = 'levels/1/steps/0/emerging';
    expect(problems).toContainEqual({
      layer,
      name: 'smallestDiagonal',
      what: 'smallest |diagonal|',
      value: 0,
      limit: 1e-4,
      text: 'levels/1/steps/0/emerging: smallest |diagonal|: 0 (limit 1e-4)',
    });
    expect(new Set(problems.map((problem) => problem.layer))).toEqual(new Set([layer, 'model']));
    expect(worstLayer!.layer).toBe(layer);
    const examinedLayer = layers.find((examined) => examined.layer === layer)!;
    expect(examinedLayer.roundTripError).toBeNaN();
    expect(diagnosis.reconstruction.exactPixelShare).toBeLessThan(1);
  });

  it('that is a small diagonal is a warning', async () => {
    const { ok, warnings } = await diagnoseModel(
      await withWeight('levels/0/steps/0/emerging/kernel2', 3 * 16 + 4 + 1, -0.04),
    );
    expect(ok).toBe(true);
    expect(warnings).toContainEqual(
      expect.objectContaining({ layer: 'levels/0/steps/0/emerging', name: 'smallestDiagonal', limit: 0.05 }),
    );
  });

  it('that is an infinite weight is reported with its position, and the other layers are still examined', async () => {
    const value = Number.POSITIVE_INFINITY;
    const path = 'levels/0/steps/0/coupling/conv2/kernel';
    const { problems, layers } = await diagnoseModel(await withWeight(path, 3 * 8 + 5, value));
    expect(problems[0]).toEqual({
      layer: 'levels/0/steps/0/coupling',
      name: 'nonFiniteWeights',
      what: `weights not finite in conv2/kernel, the first ${value} at [0, 0, 3, 5]`,
      value: 1,
      limit: 0,
      text: expect.stringContaining('conv2/kernel'),
    });
    const names = new Set(problems.map((problem) => problem.layer));
    expect(names).not.toContain('levels/0/steps/0/emerging');
    const broken = layers.findIndex(({ layer }) => layer === 'levels/0/steps/0/coupling');
    expect(layers[broken]!.nonFiniteWeights).toEqual([
      { parameter: 'conv2/kernel', index: [0, 0, 3, 5], value, count: 1 },
    ]);
    layers.forEach((layer, index) => {
      if (index !== broken) {
        expect(layer.logDetError, layer.layer).toBeLessThan(1e-8);
        expect(layer.roundTripError, layer.layer).toBeLessThan(1e-4);
      }
    });
    expect(layers.slice(0, broken + 1).every(({ input }) => input === 'activations')).toBe(true);
    expect(layers[broken + 1]!.input).toBe('noise');
  });

  it('in a log-determinant or an inverse is found in custom layers', async () => {
    const shape: ImageShape = [4, 4, 3];
    const right = emerging(shape);
    const wrong: Record<string, Bijection> = {
      first: right,
      sign: {
        ...right,
        forward: (x, p) => ({ y: right.forward(x, p).y, logDet: negate(right.forward(x, p).logDet) }),
      },
      pixels: {
        ...right,
        forward: (x, p) => ({ y: right.forward(x, p).y, logDet: divide(right.forward(x, p).logDet, 16) }),
      },
      inverse: { ...right, inverse: (y) => y },
      last: right,
    };
    const layers = Object.entries(wrong).map(([path, bijection]) => ({ path, bijection }));
    const parameters = randomWeights(layers);
    const examined = await examineLayers(layers, parameters, randomImages(3, shape, 'x'), engine);
    const { problems } = judge(measureLayers(examined));
    expect(problems.map(({ layer, name }) => [layer, name])).toEqual([
      ['sign', 'logDetError'],
      ['pixels', 'logDetError'],
      ['inverse', 'roundTripError'],
    ]);
  });

  it('in the log-determinant of a layer on large images is found along random directions', async () => {
    // Hardly more values than are examined densely.
    const shape: ImageShape = [27, 10, 3];
    const right = emerging(shape);
    const wrong: Bijection = {
      ...right,
      forward: (x, p) => ({ y: right.forward(x, p).y, logDet: negate(right.forward(x, p).logDet) }),
    };
    const layers = [right, wrong].map((bijection, index) => ({ path: `layer${index}`, bijection }));
    const parameters = randomWeights(layers);
    const examined = await examineLayers(layers, parameters, randomImages(2, shape, 'x'), engine);
    expect(examined.map(({ logDetMethod }) => logDetMethod)).toEqual(['directions', 'directions']);
    expect(examined[0]!.logDetError).toBeLessThan(examined[0]!.logDetUncertainty! + 1e-4);
    const { problems } = judge(measureLayers(examined));
    const finding = { layer: 'layer1', name: 'logDetError', estimated: true };
    expect(problems).toEqual([expect.objectContaining(finding)]);

    const exact = await examineLayers([layers[1]!], parameters, randomImages(1, shape, 'x'), {
      ...engine,
      exact: true,
    });
    expect(exact[0]).toMatchObject({ logDetMethod: 'dense', logDetEstimated: false, logDetUncertainty: 0 });
    const [problem] = judge(measureLayers(exact)).problems;
    expect(problem).toMatchObject({ layer: 'layer1', name: 'logDetError' });
    expect(problem).not.toHaveProperty('estimated');
  });
});

describe('the noise of variational dequantisation', () => {
  const trained = train('1x1', { dequantisation: { name: 'variational', width: 8 } });

  it('is examined layer by layer, and as a whole', async () => {
    const seen: number[][] = [];
    const onProgress = (...progress: number[]): void => void seen.push(progress);
    const parts: Diagnosis[] = [];
    const options = { ...engine, images: 8, onProgress, onPart: (part: Diagnosis) => void parts.push(part) };
    const { problems, layers, noise } = await diagnose(await trained, images, options);
    // A diagnosis that is stopped among the model's layers has the noise.
    expect(parts.at(0)!.noise).toBeNull();
    expect(parts.at(-1)!.noise).toEqual(noise);
    expect(problems).toEqual([]);
    expect(seen).toEqual([0, ...layers.keys()].map((_, done) => [done, layers.length]));
    const noiseLayers = layers.filter(({ layer }) => layer.startsWith('dequantiser/'));
    expect(noiseLayers.map(({ layer }) => layer)).toEqual([
      'dequantiser/squeeze',
      ...['0', '1'].flatMap((step) =>
        ['first', 'reverse', 'second', 'restore'].map((part) => `dequantiser/steps/${step}/${part}`),
      ),
      'dequantiser/unitInterval',
    ]);
    expect(layers.slice(0, noiseLayers.length)).toEqual(noiseLayers);
    for (const layer of noiseLayers) {
      expect(layer).toMatchObject({ input: 'activations', logDetMethod: 'dense' });
      expect(layer.logDetError).toBeLessThan(1e-8);
      expect(layer.roundTripError).toBeLessThan(1e-9);
    }
    expect(noise).toMatchObject({ outsideShare: 0 });
    expect(noise!.smallest).toBeGreaterThan(0);
    expect(noise!.smallest).toBeLessThan(0.1);
    expect(noise!.largest).toBeLessThan(1);
    expect(noise!.largest).toBeGreaterThan(0.9);
    expect(noise!.densityError).toBeLessThan(1e-5);
    expect((await diagnoseModel(await sound)).noise).toBe(null);
  });

  /** What is wrong with the model if its dequantiser returns other noise. */
  const findFaults = async (change: (right: Noise) => Partial<Noise>): Promise<string[]> => {
    const { model, parameters } = await trained;
    const changedModel = new Glow(imageShape, model.options);
    const { dequantiser } = changedModel;
    const noise = (...given: Parameters<Dequantiser['noise']>): Noise => {
      const right = dequantiser.noise(...given);
      return { ...right, ...change(right) };
    };
    Object.assign(changedModel, { dequantiser: { ...dequantiser, noise } });
    const { problems } = await diagnoseModel({ model: changedModel, parameters });
    return problems.map(({ layer, name }) => `${layer} ${name}`);
  };

  it('that leaves the pixel, or with a density that differs from its flow, is a problem', async () => {
    const leaving = await findFaults(({ u }) => ({ u: multiply(u, 1.2) }));
    expect(leaving).toContain('dequantiser noiseOutside');
    const different = await findFaults(({ logDensity }) => ({ logDensity: add(logDensity!, 1) }));
    expect(different).toEqual(['dequantiser noiseDensityError']);
  });
});

describe('conditioning', () => {
  const measured = (layer: Bijection, arrays: Record<string, NdArray>) =>
    measureConditioning(layer, parametersFrom(asConstants(arrays)), { threads: 1 });
  const array = (shape: number[], ...values: number[]): NdArray => ({
    shape,
    data: Float64Array.from(values),
  });

  it('belongs to the matrices that a layer divides by', async () => {
    const free = await measured(conv1x1([2, 3, 2]), { weight: array([2, 2], 0, 4, 0.5, 0) });
    expect(free!.smallestDiagonal).toBeCloseTo(0.5, 12);
    expect(free!.conditionNumber).toBeCloseTo(8, 12);
    const plu = await measured(conv1x1Plu([2, 3, 2]), {
      permutation: array([2], 1, 0),
      lower: array([2, 2], 9, 9, 0, 9),
      upper: array([2, 2], 9, 0, 9, 9),
      logScale: array([2], Math.log(0.25), Math.log(2)),
      sign: array([2], -1, 1),
    });
    expect(plu!.smallestDiagonal).toBeCloseTo(0.25, 12);
    expect(plu!.conditionNumber).toBeCloseTo(8, 12);
    const qr = await measured(conv1x1Qr([2, 3, 2]), {
      reflections: array([2, 2], 1, 2, 3, -1),
      upper: array([2, 2], 9, 0, 9, 9),
      diagonal: array([2], 5, -0.1),
    });
    expect(qr!.smallestDiagonal).toBeCloseTo(0.1, 12);
    expect(qr!.conditionNumber).toBeCloseTo(50, 9);
  });

  it('of a periodic convolution is its worst frequency’s', async () => {
    // One channel, 1/2 and 1/4 in two neighbours: |1/2 + e^iφ/4| is 3/4 at φ = 0 and 1/4 at φ = π.
    const kernel = array([3, 3, 1, 1], 0, 0, 0, 0, 0.5, 0.25, 0, 0, 0);
    const conditioning = await measured(periodic([3, 4, 1]), { kernel, bias: array([1], 0) });
    expect(conditioning!.smallestDiagonal).toBeCloseTo(0.25, 12);
    // A frequency of one channel is a number: it has no condition.
    expect(conditioning!.conditionNumber).toBeCloseTo(1, 12);
  });
});

describe('judge', () => {
  it('treats NaN as a problem, allows for uncertainty, and keeps the worst', () => {
    const { ok, problems, warnings, worst, worstLayer } = judge([
      { name: 'roundTripError', layer: 'a', value: 5e-4 },
      { name: 'roundTripError', layer: 'b', value: Number.NaN },
      { name: 'logDetError', layer: 'c', value: 0.02, uncertainty: 0.03 },
      { name: 'smallestDiagonal', layer: 'd', value: 0.5 },
      { name: 'latentVariance', layer: 'e', value: 1e9 },
      { name: 'lostHardImagesInFloat64', layer: 'f', value: 3 },
    ]);
    expect(ok).toBe(false);
    expect(problems.map(({ layer }) => layer)).toEqual(['b', 'e']);
    expect(warnings.map(({ layer }) => layer)).toEqual(['a', 'f']);
    expect(worst.map(({ layer }) => layer)).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(worstLayer!.layer).toBe('b');
  });
});

it('refuses more images than memory for their activations', async () => {
  const trained = await train('1x1');
  const eight = examinationBytes(trained, 8);
  expect(eight).toBe(8 * examinationBytes(trained, 1));
  using _ = vi.spyOn(process, 'availableMemory').mockReturnValue(eight - 1);
  await expect(diagnose(trained, images, { ...engine, images: 8, quick: true })).rejects.toThrow(
    /^the activations of 8 images take .* of memory, but only .* is available: use fewer images, or a smaller model$/,
  );
});

it('releases its programs if it fails', async () => {
  const trained = await sound;
  const [run, release] = [vi.spyOn(Program.prototype, 'run'), vi.spyOn(Program.prototype, 'release')];
  try {
    const x = { shape: [1, ...trained.model.imageShape], data: new Float32Array(3) };
    await expect(examineModel(trained, x, { ...engine, seed: 0, condition: {} })).rejects.toThrow();
    expect(run).toHaveBeenCalled();
    expect(release.mock.contexts).toEqual(expect.arrayContaining(run.mock.contexts));
  } finally {
    run.mockRestore();
    release.mockRestore();
  }
});
