// decode(encode(x)) on the quick-start model, initialised from and briefly trained on real images.
import { expect, it } from 'vitest';
import { type Dataset, firstImages, readAll } from '../../data/contract/dataset.ts';
import { openDataset } from '../../data/registry.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { learningRateAt, scheduleOf } from '../../experiments/schedule.ts';
import { Glow } from '../../models/glow.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { optimizerOf } from '../../optimizers/registry.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { type TrainedModel, trainedModel } from '../../trained/model/trainedModel.ts';
import { BatchLoader } from '../../training/step/batchLoader.ts';
import { startFromData } from '../../training/step/startFromData.ts';
import { Trainer } from '../../training/step/trainer.ts';

const STEPS = 2;

/** The quick-start model after its first steps. */
async function train(config: Config, dataset: Dataset): Promise<TrainedModel> {
  const { batchSize } = config.training;
  const model = new Glow(dataset.imageShape, config.model);
  const { seed } = config;
  const batches = new BatchLoader(dataset.train, { batchSize, seed, model });
  const schedule = scheduleOf(config, dataset.train.count);
  const start = await startFromData(model, batches.at(0), seed);
  const trainer = await Trainer.create(model, start, {
    batchSize,
    optimizer: optimizerOf(config.training, schedule.stepsPerEpoch),
    averageDecay: schedule.averageDecay,
    threads: 1,
  });
  for (let step = 0; step < STEPS; step++) {
    await trainer.step(batches.at(step), learningRateAt(step + 1, schedule));
  }
  await trainer.release();
  return trainedModel(model, await trainer.state(), 'raw');
}

it('recovers every pixel of 64 test images, in float32', async () => {
  const config = resolveConfig({ preset: 'mnist-quickstart', overrides: { training: { batchSize: 32 } } });
  const dataset = await openDataset(config.data.name, { validation: config.data.validation });
  const model = new FlowModel(await train(config, dataset), { threads: 1 });
  const pixels = readAll(firstImages(dataset.test, 64));
  const latents = await model.encode(pixels);
  expect(await model.decode(latents)).toEqual(pixels);
  await model.release();

  // The latents are not copies of the image: most of its dark pixels have changed.
  const [{ data }] = latents as [NdArray];
  expect(new Set(data).size).toBeGreaterThan(data.length / 2);
});
