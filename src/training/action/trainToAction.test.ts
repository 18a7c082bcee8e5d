// Training to an action: a Gaussian one gives its density; runs resume to the bit and are ordinary ones; what is refused.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { decompose, logAbsPivotProduct } from '../../core/numeric/linearAlgebra.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { resumeRun, startRun } from '../../runs/open/run.node.ts';
import type { ConfigLayer } from '../../runs/settings/configSchema.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { multiply, product, reshape, sum, sumPerImage } from '../../tensor/operations/index.ts';
import { constant } from '../../tensor/tensor.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { exportModel } from '../../uses/export/exportModel.ts';
import type { Action } from '../gradients/actionLoss.ts';
import { train } from '../loop/train.ts';
import { trainToAction } from './trainToAction.ts';
import { weighSamples } from './weightedSamples.ts';

const { inRoot, paths, metrics, summary, bytes } = tinyRunFolders();

const shape: ImageShape = [2, 2, 1];
const precision = [4, 1, 0.5, 0, 1, 3, 0, -0.5, 0.5, 0, 2, 0.8, 0, -0.5, 0.8, 1.5];

/** ½·xᵀ·A·x of the four values of a field. */
const gaussian: Action = (x) => {
  const rows = reshape(x, [x.shape[0]!, 4]);
  const weighted = product(rows, constant({ shape: [4, 4], data: Float64Array.from(precision) }));
  return multiply(sum(multiply(rows, weighted), [1]), 0.5);
};

const config = (changes: ConfigLayer = {}) =>
  resolveConfig({
    overrides: {
      data: { name: 'gaussian', ...changes.data },
      model: {
        levels: 1,
        depth: 1,
        conditioner: { width: 4 },
        mixing: '1x1',
        coupling: 'additive',
        ...changes.model,
      },
      training: {
        steps: 800,
        batchSize: 32,
        warmupSteps: 10,
        learningRate: 0.02,
        decay: 0.8,
        averageDecay: 0.5,
        ...changes.training,
      },
    },
  });

it('learns the exact density of a Gaussian action', async () => {
  const files = memoryFiles('gaussian');
  const losses: number[] = [];
  const { model, state } = await trainToAction(
    {
      config: config(),
      imageShape: shape,
      place: files,
      threads: 1,
      events: { onStep: (_, bitsPerDim) => losses.push(bitsPerDim) },
    },
    gaussian,
  );
  await using flow = new FlowModel(trainedModel(model, state, 'average'), { threads: 1 });
  const logDet = logAbsPivotProduct(decompose(Float64Array.from(precision), 4));
  const logNormaliser = 2 * Math.log(2 * Math.PI) - logDet / 2;
  // The loss of an exact model is −ln Z/D, for every sample.
  expect(losses.at(-1)! * Math.LN2).toBeCloseTo(-logNormaliser / 4, 3);
  expect(losses[0]! * Math.LN2).toBeGreaterThan(-logNormaliser / 4 + 0.2);
  const weighted = await weighSamples(flow, gaussian, { count: 2000 });
  expect(weighted.effectiveSampleSize).toBeGreaterThan(0.999);
  expect(weighted.logNormaliser).toBeCloseTo(logNormaliser, 3);
  const x = Float32Array.of(0.3, -0.7, 1.1, 0.2, -1, 0.5, 0, 2);
  const energies = [0, 4].map((first) => {
    const field = x.subarray(first, first + 4);
    return field.reduce(
      (total, a, i) => total + 0.5 * a * field.reduce((s, b, j) => s + precision[4 * i + j]! * b, 0),
      0,
    );
  });
  const likelihoods = await flow.logLikelihood(x);
  energies.forEach((energy, index) => {
    expect(Math.abs(likelihoods[index]! + energy + logNormaliser)).toBeLessThan(0.02);
  });
});

describe('a run', () => {
  const changes = {
    model: { mixing: 'emerging', coupling: 'affine', levels: 2 },
    training: { steps: 12, warmupSteps: 4 },
  };
  const quartic: Action = (x) => sumPerImage(multiply(multiply(x, x), multiply(x, x)));
  const options = { config: config(changes), imageShape: [4, 4, 2] as const, threads: 1 };

  it('resumes to the bit, in nats/value, and is loaded, sampled and exported like any other', async () => {
    const [uninterrupted, parts] = [inRoot('whole'), inRoot('parts')];
    await trainToAction({ ...options, place: uninterrupted }, quartic);
    await trainToAction({ ...options, place: parts, stopAt: 5 }, quartic);
    const { complete } = await trainToAction({ ...options, place: parts, resume: true }, quartic);
    expect(complete).toBe(true);
    expect(bytes('parts', 12)).toEqual(bytes('whole', 12));
    const lines = metrics('whole');
    expect(lines.every(({ natsPerValue }) => typeof natsPerValue === 'number')).toBe(true);
    expect(lines.length).toBe(12);
    const card = readFileSync(paths('whole').card, 'utf8');
    expect(card).toContain('| Trained to | the action gaussian, without images |');
    expect(card).not.toContain('evaluate');
    expect(summary('whole').action).toBe(true);
    await using model = await loadModel(uninterrupted, { threads: 1 });
    const samples = await model.sample({ count: 3, seed: 4 });
    const { files } = await exportModel(uninterrupted);
    await using exported = await loadModel(files, { threads: 1 });
    expect(await exported.sample({ count: 3, seed: 4 })).toEqual(samples);
  });

  it('starts from values with the given mean and deviation', async () => {
    const continuous = { mean: [5, -3], deviation: [0.1, 2] };
    const files = memoryFiles('start');
    const start = config({
      ...changes,
      model: { ...changes.model, continuous },
      training: { steps: 1, warmupSteps: 100 },
    });
    const { model, state } = await trainToAction({ ...options, config: start, place: files }, quartic);
    await using flow = new FlowModel(trainedModel(model, state, 'raw'), { threads: 1 });
    const samples = await flow.sample({ count: 500 });
    const first = [...samples].filter((_, index) => index % 2 === 0);
    expect(first.reduce((total, value) => total + value, 0) / first.length).toBeCloseTo(5, 1);
  });
});

describe('refuses', () => {
  const options = { imageShape: shape, threads: 1 };
  const refused = (changes: ConfigLayer, action: Action = gaussian) =>
    expect(trainToAction({ ...options, config: config(changes), place: memoryFiles('refused') }, action))
      .rejects;

  it('what needs images', async () => {
    await refused({ data: { name: 'gaussian', augment: ['flip'] } }).toThrow(
      'data.augment is for training on images: leave it out with an action',
    );
    await refused({ model: { condition: true } }).toThrow('model.condition is for training on images');
    await refused({ model: { classes: ['a', 'b'] } }).toThrow('model.classes is for training on images');
  });

  it('what is for integers', async () => {
    await refused({ model: { bits: 5 } }).toThrow(
      'model.bits is for integers, but an action takes real numbers: leave it out',
    );
    await refused({ model: { dequantisation: { name: 'variational', width: 8 } } }).toThrow(
      'model.dequantisation is for integers, but an action takes real numbers: leave it out',
    );
  });

  it('models whose inverse has no gradient', async () => {
    await refused({ model: { mixing: 'maf' } }).toThrow(
      "the model's inverse has no gradient (fixedPoint), which training to an action needs: choose another model.mixing or model.coupling",
    );
  });

  it('to resume an action on images, and images to an action', async () => {
    const [first, second] = [memoryFiles('first'), memoryFiles('second')];
    const singleStep = config({ training: { steps: 1 } });
    await trainToAction({ ...options, config: singleStep, place: first }, gaussian);
    const images = { name: 'gaussian', imageShape: shape, ...tinySets() };
    const dataset = { ...images, test: images.validation };
    const more = { training: { steps: 2 } };
    const otherImages = true;
    await expect(
      train({ ...(await resumeRun(first, more, { dataset, otherImages })), threads: 1 }),
    ).rejects.toThrow('first was trained to an action: resume it with trainToAction and the same action');
    const onImages = await startRun(
      config({ model: { continuous: { mean: [0], deviation: [1] } }, training: { steps: 1 } }),
      second,
      { dataset },
    );
    await train({ ...onImages, threads: 1 });
    const resumed = { ...options, config: config(more), place: second, resume: true };
    await expect(trainToAction(resumed, gaussian)).rejects.toThrow('gaussian: its training images are not');
  });

  it('a place with a run, unless it resumes', async () => {
    const files = memoryFiles('twice');
    const twice = { ...options, config: config({ training: { steps: 1 } }), place: files };
    await trainToAction(twice, gaussian);
    await expect(trainToAction(twice, gaussian)).rejects.toThrow('already holds a run');
  });
});

function tinySets() {
  const random = new RandomStream(9);
  const images = (count: number) => imagesInMemory(Float32Array.from(random.normals(4 * count)), shape);
  return { train: images(64), validation: images(0) };
}
