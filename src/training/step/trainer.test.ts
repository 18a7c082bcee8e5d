import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { newGuard } from '../../runs/contents/guardState.ts';
import { compile } from '../../tensor/engine/program.ts';
import { adamax } from '../../tensor/optimizers/adamax.ts';
import { averageShare, withAverage } from '../../tensor/optimizers/average.ts';
import { momentNames } from '../../tensor/optimizers/optimizer.ts';
import { updateProgram } from '../../tensor/optimizers/programs.ts';
import type { Precision } from '../../tensor/tensor.ts';
import { expectClose, goldenCases } from '../../testing/golden.ts';
import { buildModel } from '../../testing/goldenModels.ts';
import { type GoldenCase, ndarray, storedArrays, tolerances } from '../../testing/goldenValues.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { gradientDefinition } from '../gradients/wholeGradients.ts';
import { BatchLoader } from './batchLoader.ts';
import { startFromData } from './startFromData.ts';
import { Trainer } from './trainer.ts';

const scalar = (value: number): NdArray => ({ shape: [], data: Float64Array.of(value) });
const flatten = ({ data }: NdArray): NdArray => ({ shape: [data.length], data });

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  it.each(goldenCases(/^training-steps$/))('%s: the two programs of a step', async (_, golden) => {
    const { model, layout, start } = trainingCase(golden);
    const optimizer = adamax(golden.optimizer);
    const { learningRate, decay } = golden.optimizer;
    const groups = layout.trained.map((name) => ({ name, shape: layout.groupShape(name) }));
    const images = batchSize(golden);
    const request = { model, layout, images, batchSize: images };
    const gradientProgram = await compile(gradientDefinition(request), { precision });
    const update = await compile(withAverage(updateProgram(optimizer)), { precision });
    // In double precision throughout: the trainer's own state is float32.
    const state: Record<string, NdArray> = {};
    const doubles = packDouble(layout, start);
    for (const { name, shape } of groups) {
      state[`weights/${name}`] = doubles[name]!;
      for (const kind of [...momentNames(optimizer), 'average']) {
        state[`${kind}/${name}`] = { shape, data: new Float64Array(doubles[name]!.data.length) };
      }
    }
    for (const [index, step] of golden.steps.entries()) {
      const weights = Object.fromEntries(groups.map(({ name }) => [name, state[`weights/${name}`]!]));
      const results = await gradientProgram.run({
        ...weights,
        image: ndarray(step.image),
        noise: ndarray(step.noise),
      });
      const { rate } = optimizer.scalars(index + 1, learningRate);
      const loss = total(results.bitsPerDim!.data, (value) => value) / batchSize(golden);
      expectClose('loss', [loss], [step.bitsPerDim].flat(), precision);
      for (const { name, shape } of groups) {
        const kinds = ['weights', ...momentNames(optimizer), 'average'];
        const vectors = kinds.map((kind) => [kind, flatten(state[`${kind}/${name}`]!)]);
        const updated = await update.run({
          ...Object.fromEntries(vectors),
          gradients: flatten(results[`gradients/${name}`]!),
          rate: scalar(rate!),
          share: scalar(averageShare(index + 1, decay)),
        });
        for (const kind of kinds) {
          state[`${kind}/${name}`] = { shape, data: updated[kind]!.data };
        }
      }
      for (const [kind, expected] of [
        ['weights', step.params],
        ['average', step.average],
      ]) {
        const arrays = layout.unpack(
          Object.fromEntries(groups.map(({ name }) => [name, state[`${kind}/${name}`]!])),
        );
        for (const [path, { data }] of Object.entries(storedArrays(expected))) {
          expectClose(`${kind} ${path} after step ${index + 1}`, arrays[path]!.data, data, precision);
        }
      }
    }
    await Promise.all([gradientProgram.release(), update.release()]);
  });
});

describe('Trainer', () => {
  it.each(goldenCases(/^training-steps$/))('%s: as it trains, in float32 and in place', async (_, golden) => {
    const { model, layout, start } = trainingCase(golden);
    const state = { step: 0, updates: 0, guard: newGuard(0), weights: layout.pack(start), average: {} };
    const trainer = await Trainer.create(model, state, {
      batchSize: batchSize(golden),
      optimizer: adamax(golden.optimizer),
      averageDecay: golden.optimizer.decay,
    });
    for (const step of golden.steps) {
      const batch = { image: ndarray(step.image), noise: ndarray(step.noise) };
      await trainer.step(batch, golden.optimizer.learningRate);
      const state = await trainer.state();
      const weights = layout.unpack(state.weights);
      const average = layout.unpack(state.average);
      for (const [path, { data }] of Object.entries(storedArrays(step.params))) {
        expectClose(path, weights[path]!.data, data, 'float32', tolerances.float32);
      }
      for (const [path, { data }] of Object.entries(storedArrays(step.average))) {
        expectClose(path, average[path]!.data, data, 'float32', tolerances.float32);
      }
    }
    await trainer.release();
  });
});

describe('micro-batches', () => {
  const model = new Glow([8, 12, 1], { levels: 2, depth: 2, conditioner: { width: 8 }, mixing: 'emerging' });
  const images = imagesInMemory(tinyImages(60, 8, 3).subarray(0, 40 * 96), [8, 12, 1]);
  const batches = new BatchLoader(images, { batchSize: 24, seed: 5, model });
  const options = {
    threads: 1,
    batchSize: 24,
    averageDecay: 0.9,
    optimizer: adamax({ beta2: 0.9, biasCorrection: 'glow' }),
  } as const;

  async function gradientsIn(microBatch: number) {
    const trainer = await Trainer.create(
      model,
      await startFromData(model, batches.at(0), 1, { threads: 1 }),
      {
        ...options,
        microBatch,
      },
    );
    // The second batch must not see what the first left in the accumulators.
    await trainer.step(batches.at(1), 0.01);
    const batchGradients = await trainer.computeGradients(batches.at(2));
    const gradients = await trainer.arrays.readGradients();
    await trainer.release();
    return { ...batchGradients, paths: trainer.layout.unpack(gradients) };
  }

  it('yield the loss, gradients and norm of a single run, up to rounding', async () => {
    const expected = await gradientsIn(24);
    for (const microBatch of [12, 8, 1]) {
      const parts = await gradientsIn(microBatch);
      expectClose('bitsPerDim', parts.bitsPerDim, expected.bitsPerDim, 'float32');
      expectClose('norm', [parts.gradientNorm], [expected.gradientNorm], 'float32');
      for (const [path, { data }] of Object.entries(expected.paths)) {
        const largest = Math.max(...data.map(Math.abs));
        const [actual, expected] = [parts.paths[path]!.data, data].map((values) =>
          values.map((value) => value / largest),
        );
        expectClose(`${path} in runs of ${microBatch}`, actual!, expected!, 'float32');
      }
    }
  });
});

function total(values: ArrayLike<number>, f: (value: number) => number): number {
  return Array.from(values).reduce((sum, value) => sum + f(value), 0);
}

function trainingCase(golden: GoldenCase): {
  model: Glow;
  layout: ParameterLayout;
  start: Record<string, NdArray>;
} {
  const model = buildModel(golden);
  return { model, layout: new ParameterLayout(model.parameters), start: storedArrays(golden.start) };
}

function batchSize(golden: GoldenCase): number {
  return golden.steps[0].image.shape[0];
}

/** Like `pack`, without rounding to float32. */
function packDouble(layout: ParameterLayout, arrays: Record<string, NdArray>): Record<string, NdArray> {
  const groups = layout.pack(arrays);
  return Object.fromEntries(
    Object.entries(groups).map(([name, { shape, data }]) => {
      const doubles = Float64Array.from(data);
      const views = layout.unpack({ [name]: { shape, data: doubles } });
      for (const [path, view] of Object.entries(views)) {
        view.data.set(arrays[path]!.data);
      }
      return [name, { shape, data: doubles }];
    }),
  );
}

describe('a trainer refuses', () => {
  const options: ModelOptions = {
    levels: 1,
    depth: 1,
    conditioner: { width: 2 },
    mixing: 'reverse',
    learnedPrior: false,
  };
  const images = imagesInMemory(tinyImages(12, 8, 3), [8, 8, 1]);
  const model = new Glow(images.imageShape, options);
  const variational = new Glow(images.imageShape, { ...options, dequantisation: 'variational' });
  const batches = (batchSize: number, flow: Glow = model) =>
    new BatchLoader(images, { batchSize, seed: 0, model: flow, augment: [] });
  const trainer = async (sizes: { batchSize: number; microBatch?: number }): Promise<Trainer> => {
    const start = await startFromData(model, batches(4).at(0), 0);
    const optimizer = adamax({ beta2: 0.9, biasCorrection: 'standard' });
    return Trainer.create(model, start, { optimizer, averageDecay: 0.9, threads: 1, ...sizes });
  };

  it.each([3, 5])('a batch of %i images if it was made for 4', async (size) => {
    const smallTrainer = await trainer({ batchSize: 4 });
    await expect(smallTrainer.computeGradients(batches(size).at(0))).rejects.toThrow(
      `the trainer expects batches of 4 images, and this batch has ${size}: give both the same batchSize`,
    );
    await smallTrainer.release();
  });

  it('a batch whose noise was drawn for another dequantisation, and so does its start', async () => {
    const smallTrainer = await trainer({ batchSize: 4 });
    await expect(smallTrainer.computeGradients(batches(4, variational).at(0))).rejects.toThrow(
      'the noise of the batch was drawn for variational dequantisation, but the model uses uniform dequantisation: ' +
        'give BatchLoader this model, or fill the noise with model.dequantiser.draw and set noise.dequantisation',
    );
    await smallTrainer.release();
    const { image, noise } = batches(4).at(0);
    // Noise that does not say what it is is treated as uniform.
    for (const batch of [
      { image, noise },
      { image, noise: { shape: noise.shape, data: noise.data } },
    ]) {
      await expect(startFromData(variational, batch, 0)).rejects.toThrow(
        'the noise of the batch was drawn for uniform dequantisation, but the model uses variational dequantisation',
      );
    }
  });

  it.each([
    [{ batchSize: 4, microBatch: 3 }, 'microBatch is 3, but must divide the 4 images of a batch'],
    [{ batchSize: 4, microBatch: 0 }, 'microBatch is 0, but must divide the 4 images of a batch'],
    [{ batchSize: 2.5 }, 'batchSize must be a multiple of the number of ranks, not 2.5'],
  ])('%j', async (sizes, message) => {
    await expect(trainer(sizes)).rejects.toThrow(message);
  });
});
