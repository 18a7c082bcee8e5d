// decode(encode(x)) on the model of the quick start, started from and trained on real images for a moment.
import { expect, it } from 'vitest';
import { BatchStream } from '../data/batches.ts';
import { type Dataset, readAll, subset } from '../data/dataset.ts';
import { pixelsFromValues } from '../data/pixels.ts';
import { openDataset } from '../data/registry.ts';
import { compile } from '../engine/program.ts';
import type { Config } from '../experiments/config.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import { learningRateAt, scheduleOf } from '../experiments/schedule.ts';
import { parametersFrom } from '../flows/parameters.ts';
import { Glow } from '../models/glow.ts';
import { dimensionsOf } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { input, type Tensor } from '../tensor/tensor.ts';
import { type Batch, imageArray } from '../training/likelihood.ts';
import { startFromData, Trainer } from '../training/trainer.ts';
import { type TrainedModel, trainedModel } from './loadRun.ts';
import { compileDecoder, decodeBatch } from './sample.ts';

const STEPS = 25;

/** The model of the quick start after its first steps. */
async function train(config: Config, dataset: Dataset): Promise<TrainedModel> {
  const { batchSize, biasCorrection } = config.training;
  const model = new Glow(config.model, dataset.imageShape);
  const stream = new BatchStream(dataset.train, batchSize, config.seed);
  const batchAt = (step: number): Batch => {
    const pixels = new Uint8Array(batchSize * dimensionsOf(dataset.imageShape));
    stream.batchAt(step, pixels);
    const image = imageArray(pixels, dataset.imageShape, config.model.bits);
    const noise = { shape: image.shape, data: new Float32Array(pixels.length) };
    new RandomStream(config.seed, 'noise', step).fillDequantisationNoise(noise.data);
    return { image, noise };
  };
  const schedule = scheduleOf(config, dataset.train.count);
  const start = await startFromData(model, batchAt(0), config.seed);
  const trainer = await Trainer.create(model, start, {
    batchSize,
    optimizer: { beta2: schedule.beta2, biasCorrection },
    averageDecay: schedule.averageDecay,
  });
  for (let step = 0; step < STEPS; step++) {
    await trainer.step(batchAt(step), learningRateAt(step + 1, schedule));
  }
  await trainer.release();
  return trainedModel(model, trainer.state, 'raw');
}

it('gives every pixel of 64 test images back, in float32', async () => {
  const config = resolveConfig({ preset: 'mnist-quickstart' });
  const dataset = await openDataset(config.data.name, { validation: config.data.validation });
  const trained = await train(config, dataset);
  const { model, parameters } = trained;
  const first = Array.from({ length: 64 }, (_, index) => index);
  const pixels = readAll(subset(dataset.test, first));
  const image = imageArray(pixels, model.imageShape, 8);
  // The middle of each pixel's interval.
  const noise = { shape: image.shape, data: new Float32Array(sizeOf(image.shape)).fill(0.5) };

  const [imageInput, noiseInput] = [input('image', image.shape), input('noise', image.shape)];
  const { latents } = model.likelihood(imageInput, noiseInput, parametersFrom(parameters));
  const outputs: Record<string, Tensor> = Object.fromEntries(
    latents.map((latent, index) => [`latent${index}`, latent]),
  );
  const encoder = await compile({ inputs: { image: imageInput, noise: noiseInput }, outputs });
  const encoded = await encoder.run({ image, noise });
  const decoder = await compileDecoder(trained, 64, {});
  const decoded = await decodeBatch(
    decoder,
    latents.map((_, index) => encoded[`latent${index}`]!),
  );
  await Promise.all([encoder.release(), decoder.release()]);

  const x = Float64Array.from(pixels, (value) => (value + 0.5) / 256 - 0.5);
  const error = x.reduce((largest, value, i) => Math.max(largest, Math.abs(decoded[i]! - value)), 0);
  expect(error).toBeLessThan(1e-3);
  expect(pixelsFromValues(decoded, 8)).toEqual(pixels);

  // The latents are no copies of the image: most of its dark pixels have become something else.
  const latent = encoded.latent0!.data;
  expect(new Set(latent).size).toBeGreaterThan(latent.length / 2);
});
