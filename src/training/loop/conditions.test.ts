// Training with conditions: what a run stores, that they help, workers and resuming, and what is refused.
import { expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { conditioned } from '../../data/contract/conditions.ts';
import { type Dataset, imagesInMemory, readAll } from '../../data/contract/dataset.ts';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { readRun } from '../../model/loading/readRun.ts';
import { evaluate } from '../../model/measure/evaluate.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { resumeRun, startRun } from '../../runs/open/run.node.ts';
import type { ConfigLayer } from '../../runs/settings/configSchema.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { eightBit } from '../../testing/eightBit.ts';
import { train } from './train.ts';

const SIZE = 4;

/** Noise whose brightness is a number that accompanies each image, and as an image of the brightness of its rows. */
function dataset(shuffled = false): Dataset {
  const images = (count: number, seed: number) => {
    const random = new RandomStream(seed, 'bright');
    const bright = Float64Array.from({ length: count }, () => random.uniform());
    const rows = Array.from({ length: count * SIZE }, () => random.uniform());
    const pixels = Uint8Array.from({ length: count * SIZE ** 2 }, (_, index) =>
      Math.floor(
        100 * bright[Math.floor(index / SIZE ** 2)]! +
          100 * rows[Math.floor(index / SIZE)]! +
          20 * random.uniform(),
      ),
    );
    const level = shuffled ? bright.map(() => random.uniform()) : bright;
    const low = Float64Array.from({ length: pixels.length }, (_, index) => rows[Math.floor(index / SIZE)]!);
    return conditioned(imagesInMemory(pixels, [SIZE, SIZE, 1]), { level, low }, 'bright');
  };
  return {
    name: 'bright',
    imageShape: [SIZE, SIZE, 1],
    train: images(128, 0),
    validation: images(32, 1),
    test: images(32, 2),
  };
}

const config = (changes: ConfigLayer = {}) =>
  resolveConfig({
    overrides: {
      data: { name: 'bright', ...changes.data },
      model: {
        levels: 1,
        depth: 2,
        conditioner: { width: 8 },
        mixing: '1x1',
        condition: true,
        ...changes.model,
      },
      training: {
        batchSize: 32,
        warmupSteps: 5,
        learningRate: 0.01,
        steps: 60,
        averageDecay: 0.8,
        ...changes.training,
      },
    },
  });

it('learns from true conditions, which the run stores with their scales, and resumes', async () => {
  const files = memoryFiles('bright');
  const run = await startRun(config(), files, { dataset: dataset() });
  const { condition } = run.config.model;
  expect(condition).toEqual([
    { name: 'level', mean: expect.closeTo(0.5, 1), deviation: expect.closeTo(0.29, 1) },
    { name: 'low', mean: expect.closeTo(0.5, 1), deviation: expect.closeTo(0.29, 1), shape: [SIZE, SIZE, 1] },
  ]);
  const real = await train({ ...run, threads: 1, workers: 1 });
  const { test } = dataset();
  await using model = new FlowModel(trainedModel(real.model, real.state));
  const { bitsPerDim } = await evaluate(model, test, { draws: 2 });
  await using stored = new FlowModel(await readRun(run.store));
  expect((await evaluate(stored, test, { draws: 2 })).bitsPerDim).toBe(bitsPerDim);
  // Brighter samples for a higher level.
  const low = new Float64Array(SIZE ** 2).fill(0.5);
  const mean = async (level: number) => {
    const drawn = eightBit(
      await model.sample({ count: 32, condition: { level, low }, onOverflow: () => {} }),
    );
    return drawn.reduce((sum, pixel) => sum + pixel, 0) / drawn.length;
  };
  expect(await mean(0.9)).toBeGreaterThan((await mean(0.1)) + 20);

  const resumed = await resumeRun(files, { training: { steps: 62 } }, { dataset: dataset() });
  expect(resumed.config.model.condition).toEqual(condition);
  expect((await train({ ...resumed, threads: 1, workers: 1 })).state.step).toBe(62);
  await expect(resumeRun(files, { training: { steps: 64 } }, { dataset: dataset(true) })).rejects.toThrow(
    'the same images, but the condition level has other values',
  );
});

it('refuses images without conditions, constant ones, augmentations of conditioned images, and classes', async () => {
  const start = (images: Dataset, changes: ConfigLayer = {}) =>
    startRun(config(changes), memoryFiles('none'), { dataset: images });
  const images = dataset();
  const plain = imagesInMemory(readAll(images.train), images.imageShape);
  await expect(start({ ...images, train: plain })).rejects.toThrow(
    'the images of bright have no conditions, which model.condition needs: give them some, or leave out',
  );
  const constant = conditioned(plain, { level: new Float64Array(plain.count).fill(3) }, 'bright');
  await expect(start({ ...images, train: constant })).rejects.toThrow(
    'the condition level hardly varies over the images of bright (mean 3, standard deviation 0): leave it out, or subtract a number close to its mean',
  );
  // In doubles, the mean of so many 0.1 is not 0.1.
  const tenth = conditioned(plain, { level: new Float64Array(plain.count).fill(0.1) }, 'bright');
  await expect(start({ ...images, train: tenth })).rejects.toThrow('the condition level hardly varies');
  await expect(start(images, { data: { name: 'bright', augment: ['flip'] } })).rejects.toThrow(
    'data.augment would move the images, but not the condition low, which is an image: leave out data.augment',
  );
  const chosen = await start(images, { model: { condition: ['level'] } });
  expect(chosen.config.model.condition).toMatchObject([{ name: 'level' }]);
  await expect(start(images, { model: { condition: ['lever'] } })).rejects.toThrow(
    "unknown condition of bright 'lever': did you mean level?",
  );
  const otherCondition = { condition: [{ name: 'other', mean: 0, deviation: 1 }] };
  await expect(start(images, { model: otherCondition })).rejects.toThrow(
    'the images of bright have no condition other',
  );
});
