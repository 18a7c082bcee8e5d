import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { mean } from '../../core/numeric/statistics.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { newGuard } from '../../runs/contents/guardState.ts';
import { adamax } from '../../tensor/optimizers/adamax.ts';
import { expectClose, goldenCases } from '../../testing/golden.ts';
import { buildModel } from '../../testing/goldenModels.ts';
import { type GoldenCase, ndarray, storedArrays, tolerances } from '../../testing/goldenValues.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { BatchLoader } from './batchLoader.ts';
import { startFromData } from './startFromData.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

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
      const { bitsPerDim } = await trainer.step(batch, golden.optimizer.learningRate);
      expectClose('loss', [mean(bitsPerDim)], [step.bitsPerDim].flat(), 'float32');
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
  const trainer = async (changes: Partial<TrainerOptions>): Promise<Trainer> => {
    const start = await startFromData(model, batches(4).at(0), 0);
    const optimizer = adamax({ beta2: 0.9, biasCorrection: 'standard' });
    return Trainer.create(model, start, {
      optimizer,
      averageDecay: 0.9,
      batchSize: 4,
      threads: 1,
      ...changes,
    });
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
    [
      { batchSize: 2.5 },
      'batchSize must be a whole number of 1 or more, and a multiple of the number of ranks, not 2.5',
    ],
    [{ averageDecay: 1 }, 'averageDecay must be a number of 0 or more and below 1, not 1'],
    [{ clipNorm: Number.NaN }, 'clipNorm must be a number of 0 or more, not NaN'],
  ])('%o', async (changes, message) => {
    await expect(trainer(changes)).rejects.toThrow(message);
  });
});
