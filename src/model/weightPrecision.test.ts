// How precisely images determine the weights of a model.
import { expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { conditioned } from '../data/contract/conditions.ts';
import { imagesInMemory, readAll } from '../data/contract/dataset.ts';
import { constant, constantValue } from '../tensor/tensor.ts';
import { randomModel } from '../testing/randomModel.ts';
import { FlowModel } from './flowModel.ts';
import { trainedPaths } from './smallWeights.ts';
import { exponentsFor, weightSensitivities } from './weightPrecision.ts';

const model = randomModel([4, 6, 3], { mixing: 'emerging', levels: 1 });
const paths = trainedPaths(model.model);
const random = new RandomStream(1, 'images');
const images = imagesInMemory(
  Uint8Array.from({ length: 3 * 72 }, () => random.integer(256)),
  [4, 6, 3],
);
const sensitivities = await weightSensitivities(model, images, { threads: 1 });

/** The log-likelihood of each image when a weight is moved. */
async function movedLikelihoods(path: string, element: number, by: number): Promise<ArrayLike<number>> {
  const { shape, data } = constantValue(model.parameters[path]!)!;
  const moved = Float32Array.from(data, (weight, index) => (index === element ? weight + by : weight));
  const parameters = { ...model.parameters, [path]: constant({ shape, data: moved }) };
  await using flow = new FlowModel({ ...model, parameters }, { threads: 1 });
  return await flow.logLikelihood(readAll(images), { draws: 1, seed: 0 });
}

it('sensitivities are mean squared derivatives of the log-likelihood', async () => {
  const path = paths.find((name) => name.endsWith('actnorm/logScale'))!;
  const { data } = constantValue(model.parameters[path]!)!;
  const step = 1 / 256;
  const squares: number[] = [];
  for (const element of data.keys()) {
    const above = await movedLikelihoods(path, element, step);
    const below = await movedLikelihoods(path, element, -step);
    squares.push(
      ...Array.from(above, (likelihood, image) => ((likelihood - below[image]!) / (2 * step)) ** 2),
    );
  }
  const expected = squares.reduce((sum, square) => sum + square) / squares.length;
  const measured = sensitivities[paths.indexOf(path)]!;
  expect(measured / expected).toBeGreaterThan(0.98);
  expect(measured / expected).toBeLessThan(1.02);
});

it('weights that images determine get a bit more for four times the images, and arrays differ', () => {
  const [few, many] = [exponentsFor(model, sensitivities, 1e6), exponentsFor(model, sensitivities, 4e6)];
  // Weights with little influence are determined by their own size alone.
  const influential = paths.flatMap((_, index) => (sensitivities[index]! > 0.1 ? [index] : []));
  expect(influential.length).toBeGreaterThan(paths.length / 2);
  expect(influential.map((index) => many[index]! - few[index]!)).toEqual(influential.map(() => 1));
  expect(new Set(few).size).toBeGreaterThan(1);
});

it('sensitivities of a model with classes depend on the conditions of the images', async () => {
  const both = randomModel([4, 6, 3], {
    ...{ levels: 1, classes: ['dark', 'light'] },
    condition: [{ name: 'omega', mean: 0.3, deviation: 0.1 }],
  });
  const [first, second] = await Promise.all(
    [0.2, 0.5].map((omega) =>
      weightSensitivities(both, conditioned(images, { omega: [omega, omega, omega] }, 'test'), {
        threads: 1,
      }),
    ),
  );
  expect([...first!].every(Number.isFinite)).toBe(true);
  expect(first).not.toEqual(second);
});
