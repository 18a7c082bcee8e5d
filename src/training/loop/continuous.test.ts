// A continuous model from training to export: standardised by its images, in nats per value.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { mean, variance } from '../../core/numeric/statistics.ts';
import { type Dataset, imagesInMemory, readAll } from '../../data/contract/dataset.ts';
import { resultUnit } from '../../flows/models/unit.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { loadTrained } from '../../model/loading/loadTrained.ts';
import { evaluate } from '../../model/measure/evaluate.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { tinyConfig } from '../../testing/tinyRuns.ts';

const SIDE = 8;
/** The values are N(mean, deviation²), independently: their entropy is known. */
const [MEAN, DEVIATION] = [-2500, 12];

function fields(count: number, seed: number): Float32Array {
  const random = new RandomStream(seed, 'fields');
  return Float32Array.from({ length: count * SIDE * SIDE }, () => MEAN + DEVIATION * random.normal());
}

const images = (count: number, seed: number) => imagesInMemory(fields(count, seed), [SIDE, SIDE, 1]);
const dataset: Dataset = {
  name: 'fields',
  imageShape: [SIDE, SIDE, 1],
  train: images(64, 0),
  validation: images(16, 1),
  test: images(64, 2),
};

const createConfig = (steps: number, augment: readonly string[] = []) =>
  resolveConfig({
    overrides: {
      data: { name: 'fields', augment: augment as ('flip' | 'shift')[] },
      model: { levels: 2, depth: 1, conditioner: { width: 8 }, mixing: '1x1', continuous: true },
      training: { batchSize: 16, warmupSteps: 5, learningRate: 0.001, steps },
    },
  });

const { inRoot, paths, begin, metrics, summary } = tinyRunFolders(dataset);

describe('a continuous run', () => {
  let model: FlowModel;
  beforeAll(async () => {
    await begin('whole', {}, createConfig(12));
    model = new FlowModel(await loadTrained(inRoot('whole')));
  });
  afterAll(() => model.release());

  it('stores the standardisation of its training images', () => {
    const { continuous } = model.model.options;
    const values = [...(readAll(dataset.train) as Float32Array)];
    expect(continuous).toEqual({
      mean: [Math.fround(mean(values))],
      deviation: [expect.closeTo(Math.sqrt(variance(values) * (1 - 1 / values.length)), 4)],
    });
    expect(readFileSync(paths('whole').config, 'utf8')).toContain('continuous:\n    mean:\n');
  });

  it('is in nats per value everywhere', async () => {
    const lines = metrics('whole');
    expect(lines.some(({ natsPerValue }) => typeof natsPerValue === 'number')).toBe(true);
    expect(lines.some(({ validationNatsPerValue }) => typeof validationNatsPerValue === 'number')).toBe(true);
    expect(JSON.stringify(lines)).not.toContain('itsPerDim');
    const [last] = lines.flatMap(({ validationNatsPerValue }) => validationNatsPerValue ?? []).slice(-1);
    expect(summary('whole').natsPerValue).toBe(last);
  });

  it('finds about the entropy of its images, in their own unit', async () => {
    const { bitsPerDim, draws, standardError } = await evaluate(model, dataset.test, { draws: 4 });
    const entropy = 0.5 * Math.log(2 * Math.PI * Math.E * DEVIATION ** 2);
    const measuredEntropy = resultUnit(model.model.options).of(bitsPerDim);
    // A dozen steps from its initialisation, which is nearly a standard normal.
    expect(Math.abs(measuredEntropy - entropy)).toBeLessThan(0.1);
    // The likelihood is exact: other draws would be equal.
    expect([draws, standardError]).toEqual([1, null]);
    await expect(evaluate(model, dataset.test, { importance: 2 })).rejects.toThrow(/is exact/);
  });

  it('refuses images of integers', async () => {
    await expect(model.bitsPerDim(new Uint8Array(SIDE * SIDE))).rejects.toThrow(
      /the values of the images are 8-bit integers, but the model takes real numbers/,
    );
  });
});

describe('a continuous run refuses', () => {
  const withTrain = (data: Float32Array | Uint8Array): Dataset => ({
    ...dataset,
    train: imagesInMemory(data, [SIDE, SIDE, 1]),
  });

  it.each<[string, Float32Array | Uint8Array, RegExp]>([
    ['integers', new Uint8Array(64 * SIDE * SIDE), /are 8-bit integers, but the model takes real numbers/],
    [
      'a constant',
      new Float32Array(64 * SIDE * SIDE).fill(3),
      /fields: the training images are constant \(3\)/,
    ],
    [
      'values that hardly differ',
      Float32Array.from({ length: 64 * SIDE * SIDE }, (_, index) => 1e6 + (index % 2) / 8),
      /fields: the training images are nearly constant \(mean 1000000.* hardly resolves: subtract the mean/,
    ],
    ['NaN', new Float32Array(64 * SIDE * SIDE).fill(Number.NaN), /fields: .* not finite/],
  ])('%s', async (name, data, message) => {
    await expect(startRun(createConfig(1), inRoot(name), { dataset: withTrain(data) })).rejects.toThrow(
      message,
    );
  });

  it('augmentations that interpolate', async () => {
    await expect(startRun(createConfig(1, ['flip', 'shift']), inRoot('shift'), { dataset })).rejects.toThrow(
      /data.augment: shift interpolates 8-bit values/,
    );
  });
});

it('integers do not take real numbers', async () => {
  await expect(startRun(tinyConfig(), inRoot('integers'), { dataset })).rejects.toThrow(
    /the values of fields are real numbers \(float32\), but the model takes integers of 8 bits/,
  );
});
