// Training with classes: the model classifies, and what is refused.
import { expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { type Dataset, imagesInMemory, labelled, readAll } from '../../data/contract/dataset.ts';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { evaluate } from '../../model/measure/evaluate.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { startRun } from '../../runs/open/run.node.ts';
import type { ConfigLayer } from '../../runs/settings/configSchema.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { onLocalRanks } from '../../testing/localRanks.ts';
import { train } from './train.ts';

const classes = ['left', 'right', 'both'];
const SIZE = 8;

/** Bright bars on the left, on the right, or on both sides, with noise. */
function bars(count: number, seed: number) {
  const random = new RandomStream(seed, 'bars');
  const numbers = Array.from({ length: count }, () => random.integer(3));
  const pixels = numbers.flatMap((number) =>
    Array.from({ length: SIZE * SIZE }, (_, pixel) => {
      const isLit = pixel % SIZE < SIZE / 2 ? number !== 1 : number !== 0;
      return (isLit ? 110 : 80) + random.integer(60);
    }),
  );
  return labelled(imagesInMemory(Uint8Array.from(pixels), [SIZE, SIZE, 1]), classes, numbers, 'bars');
}

const dataset: Dataset = {
  name: 'bars',
  imageShape: [SIZE, SIZE, 1],
  train: bars(300, 0),
  validation: bars(60, 1),
  test: bars(200, 2),
};

const config = (model: ConfigLayer['model'] = {}) =>
  resolveConfig({
    overrides: {
      data: { name: 'bars' },
      model: { levels: 1, depth: 1, conditioner: { width: 8 }, mixing: '1x1', classes: true, ...model },
      training: { batchSize: 30, warmupSteps: 5, learningRate: 0.02, steps: 60, averageDecay: 0.8 },
    },
  });

it('classifies, with variational noise', async () => {
  const noise = { dequantisation: { name: 'variational', width: 8 } };
  const run = await startRun(config(noise), memoryFiles('bars'), { dataset });
  expect(run.config.model.classes).toEqual(classes);
  const trained = await train({ ...run, threads: 2, workers: 1 });
  const weights = trainedModel(trained.model, trained.state);
  await using model = new FlowModel(weights);
  const { test } = dataset;
  const evaluation = await evaluate(model, test, { draws: 2 });
  expect(evaluation.likelihood).toBe('p(x | class)');
  const { accuracy, accuracyError, marginalBitsPerDim, byClass } = evaluation.classes!;
  expect(accuracy).toBeGreaterThan(0.8);
  expect(accuracyError).toBeCloseTo(Math.sqrt((accuracy * (1 - accuracy)) / 200), 12);
  expect(evaluation.bitsPerDim).toBeLessThan(marginalBitsPerDim);
  expect(byClass.map((classResult) => classResult.class)).toEqual(classes);
  expect(byClass.reduce((sum, { images }) => sum + images, 0)).toBe(200);
  const weighted = byClass.reduce((sum, { images, bitsPerDim }) => sum + images * bitsPerDim!, 0) / 200;
  expect(weighted).toBeCloseTo(evaluation.bitsPerDim, 10);
  // p(x) is the mean of p(x | class) for the same noise.
  const unlabelled = await evaluate(model, imagesInMemory(readAll(test), test.imageShape), { draws: 2 });
  expect(unlabelled.likelihood).toBe('p(x)');
  expect(unlabelled.bitsPerDim).toBeCloseTo(marginalBitsPerDim, 10);
  expect(unlabelled).not.toHaveProperty('classes');
  const byRanks = await onLocalRanks(3, async (ranks) => {
    await using rankModel = new FlowModel(weights);
    return await evaluate(rankModel, test, { draws: 2, ranks });
  });
  expect(byRanks).toEqual(byRanks.map(() => evaluation));
});

it('refuses images without labels, or with other classes', async () => {
  const plain = (set: Dataset['train']) => imagesInMemory(readAll(set), set.imageShape);
  const unlabelled = { ...dataset, train: plain(dataset.train), validation: plain(dataset.validation) };
  const start = (names: string[] | true, source: Dataset) =>
    startRun(config({ classes: names }), memoryFiles('bars'), { dataset: source });
  await expect(start(true, unlabelled)).rejects.toThrow(
    'model.classes is true, but the images of bars have no labels',
  );
  const partly = { ...unlabelled, whyNoLabels: '2 of its images are in no class folder, such as x.png' };
  for (const names of [true as const, ['a', 'b']]) {
    await expect(start(names, partly)).rejects.toThrow(
      'the images of bars have no labels (2 of its images are in no class folder, such as x.png)',
    );
  }
  await expect(start(['a', 'b', 'c'], unlabelled)).rejects.toThrow(
    'the images of bars have no labels, and the model has 3 classes',
  );
  await expect(start(['a', 'b'], dataset)).rejects.toThrow(
    'the images of bars have 3 classes, but the model has 2: use images with the classes of the model, ' +
      'or start a run with model.classes=true',
  );
  await expect(start(['left', 'both', 'right'], dataset)).rejects.toThrow(
    "class 1 of bars is 'right', but 'both' in the model: use images with the classes of the model",
  );
  expect(() => config({ learnedPrior: false })).toThrow('model.learnedPrior is false');
  expect(() => config({ classes: ['a', 'a'] })).toThrow('model.classes must be true or a list of 2 to 1024');
});
