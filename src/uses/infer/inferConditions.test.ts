// Posteriors of a model's conditions: uniform ranks of the truth, and what is refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { Glow } from '../../flows/models/glow.ts';
import { modelDefaults } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { createConditionRows } from '../../model/conditions.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { constant } from '../../tensor/tensor.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { startFromData } from '../../training/step/startFromData.ts';
import type { Posterior } from './gridPosterior.ts';
import { inferConditions } from './inferConditions.ts';

const shape: ImageShape = [4, 4, 1];
const IMAGES = 60;
const condition = [
  { name: 'omega', mean: 0.5, deviation: Math.sqrt(1 / 12) },
  { name: 'slope', mean: 0, deviation: Math.sqrt(4 / 12) },
];

/** A model that depends on its conditions, of images far from black and white. */
async function informedModel(): Promise<FlowModel> {
  const options = {
    ...modelDefaults,
    levels: 1,
    depth: 2,
    conditioner: { width: 8 },
    mixing: '1x1' as const,
    condition,
  };
  const model = new Glow(shape, options);
  const random = new RandomStream(1, 'model');
  const batchShape = [64, ...shape];
  const data = () => Float32Array.from({ length: 64 * 16 }, () => 128 + 15 * random.normal());
  const noise = Float32Array.from({ length: 64 * 16 }, () => random.uniform());
  const batch = {
    image: { shape: batchShape, data: data().map(Math.floor) },
    noise: { shape: batchShape, data: noise },
    ...createConditionRows(
      model,
      { condition: { omega: random.normals(64), slope: random.normals(64) } },
      64,
    )(0, 64),
  };
  const state = await startFromData(model, batch, 1);
  const weights = new ParameterLayout(model.parameters).unpack(state.weights);
  const parameters = Object.entries(weights).map(([path, { shape: parameterShape, data: start }]) => {
    // Far from the start only in the prior, so that samples stay bounded.
    const distance = path === 'prior/kernel' ? 0.1 : 0.01;
    return [
      path,
      constant({
        shape: parameterShape,
        data: Float64Array.from(start, (value) => value + distance * random.normal()),
      }),
    ];
  });
  return new FlowModel({ model, parameters: Object.fromEntries(parameters) }, { threads: 1 });
}

/** The largest distance of a distribution from the uniform one. */
function distanceFromUniform(ranks: readonly number[]): number {
  const sorted = ranks.toSorted((a, b) => a - b);
  return Math.max(
    ...sorted.map((rank, index) =>
      Math.max(rank - index / sorted.length, (index + 1) / sorted.length - rank),
    ),
  );
}

let model: FlowModel;
beforeAll(async () => {
  model = await informedModel();
});
afterAll(() => model.release());

it('reports progress inside an image, and each image before a signal ends the rest', async () => {
  const pixels = await model.sample({ count: 4, condition: { omega: 0.5, slope: 0 }, seed: 1 });
  const knownOptions = { condition: { slope: 0 }, draws: 1 };
  const expected = await inferConditions(model, pixels, knownOptions);
  const stop = new AbortController();
  const progress: number[] = [];
  const reported: (readonly Posterior[])[] = [];
  const stopped = inferConditions(model, pixels, {
    ...knownOptions,
    signal: stop.signal,
    onProgress: (done, total) => {
      expect(total).toBe(4);
      progress.push(done);
    },
    onImage: (posteriors, index) => {
      expect(index).toBe(reported.length);
      reported.push(posteriors);
      if (reported.length === 2) {
        stop.abort();
      }
    },
  });
  await expect(stopped).rejects.toThrow('aborted');
  expect(reported).toEqual(expected.slice(0, 2));
  expect(progress[0]).toBe(0);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.some((done) => done > 0 && done < 1)).toBe(true);
  expect(progress.at(-1)).toBe(2);
});

it('the truth has uniform ranks in the posteriors of a model’s own samples, and not of other ones', async () => {
  const random = new RandomStream(2, 'truth');
  const truth = {
    omega: Array.from({ length: IMAGES }, () => random.uniform()),
    slope: Array.from({ length: IMAGES }, () => 2 * random.uniform() - 1),
  };
  const samples = await model.sample({ count: IMAGES, condition: truth, temperature: 1, seed: 5 });
  const truthRanks = (posteriorsByImage: readonly Posterior[][], axis: number, values: readonly number[]) =>
    posteriorsByImage.map((imagePosteriors, image) =>
      imagePosteriors[axis]!.probabilityBelow(values[image]!),
    );
  const omegaPosteriors = await inferConditions(model, samples, {
    condition: { slope: truth.slope },
    draws: 1,
  });
  expect(omegaPosteriors[0]!.map(({ name }) => name)).toEqual(['omega']);
  const ranks = truthRanks(omegaPosteriors, 0, truth.omega);
  // 5 % of uniform ranks are farther away.
  const limit = 1.36 / Math.sqrt(IMAGES);
  expect(distanceFromUniform(ranks)).toBeLessThan(limit);
  // Informative: narrower than the prior, of deviation 0.29, and farther off for other values.
  const deviation = omegaPosteriors.reduce((sum, [posterior]) => sum + posterior!.deviation / IMAGES, 0);
  expect(deviation).toBeLessThan(0.25);
  expect(
    distanceFromUniform(
      truthRanks(
        omegaPosteriors,
        0,
        truth.omega.map((value) => value + 2 * deviation),
      ),
    ),
  ).toBeGreaterThan(limit);
  const some = samples.subarray(0, 3 * 16);
  const jointPosteriors = await inferConditions(model, some, { draws: 1 });
  expect(jointPosteriors[0]!.map(({ name, range }) => [name, ...range.map((end) => end.toFixed(6))])).toEqual(
    [
      ['omega', '0.000000', '1.000000'],
      ['slope', '-1.000000', '1.000000'],
    ],
  );
  for (const posterior of jointPosteriors.flat()) {
    expect(posterior.probabilities.reduce((sum, value) => sum + value)).toBeCloseTo(1, 9);
    expect(posterior.probabilityBelow(posterior.quantile(0.3))).toBeCloseTo(0.3, 6);
  }
});

it('closes in on a posterior far narrower than its range', async () => {
  const samples = await model.sample({ count: 1, condition: { omega: 0.4, slope: 0.2 }, temperature: 1 });
  const inRange = async (low: number, high: number): Promise<Posterior> => {
    const how = { condition: { slope: 0.2 }, draws: 1, range: { omega: [low, high] as const } };
    return (await inferConditions(model, samples, how))[0]![0]!;
  };
  const wide = await inRange(-300, 300);
  const cell = wide.bounds[1]! - wide.bounds[0]!;
  expect(wide.range).toEqual([-300, 300]);
  expect(cell).toBeLessThan(600 / 256 / 2);
  expect(wide.deviation).toBeGreaterThan(cell);
  const near = await inRange(wide.mean - 8 * wide.deviation, wide.mean + 8 * wide.deviation);
  expect(Math.abs(near.mean - wide.mean)).toBeLessThan(0.05 * near.deviation);
  expect(Math.abs(near.deviation / wide.deviation - 1)).toBeLessThan(0.05);
});

describe('refuses', () => {
  const pixels = new Uint8Array(16);
  it.each([
    ['all conditions are given', { condition: { omega: 1, slope: 2 } }],
    ["unknown condition to infer 'omegas': did you mean omega?", { range: { omegas: [0, 1] } }],
    ['the range of omega, 1 to 0, is empty', { range: { omega: [1, 0] } }],
    ["unknown condition 'low'", { condition: { low: 1 } }],
  ])('%s', async (message, options) => {
    await expect(inferConditions(model, pixels, options as object)).rejects.toThrow(message);
  });

  it('a model without conditions', async () => {
    const unconditional = new FlowModel(randomModel(shape, { levels: 1 }));
    await expect(inferConditions(unconditional, pixels)).rejects.toThrow('nothing to infer: train one');
  });

  it('a part of an image, and values of another kind', async () => {
    await expect(inferConditions(model, new Uint8Array(24))).rejects.toThrow(
      '24 values are not a whole number of images',
    );
    await expect(inferConditions(model, new Float32Array(16))).rejects.toThrow('real numbers (float32)');
  });
});
