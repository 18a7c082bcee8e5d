// The timing of a training step: how often, on which batch, and its parts.
import { expect, it } from 'vitest';
import { timeTraining } from './timeTraining.ts';

const model = {
  levels: 1,
  depth: 1,
  width: 4,
  kernelSize: 3,
  dilation: 1,
  learnedPrior: false,
  bits: 8,
} as const;

const benchmark = {
  models: [
    { ...model, mixing: '1x1' },
    { ...model, mixing: 'emerging' },
  ],
  imageShape: [4, 6, 1],
  batchSize: 6,
  rounds: 2,
  workers: 1,
} as const;

it('runs the requested number of rounds, of steps and then of passes', async () => {
  const told: unknown[] = [];
  const times = await timeTraining({
    ...benchmark,
    products: false,
    onProgress: (...progress) => told.push(progress),
  });
  expect(times.map(({ mixing, steps, forwards }) => [mixing, steps.length, forwards.length])).toEqual([
    ['1x1', 2, 2],
    ['emerging', 2, 2],
  ]);
  // With three warm-up rounds before each.
  expect(told).toEqual(Array.from({ length: 10 }, (_, index) => ['round', index + 1, 10]));
});

it('reports the parts of a step', async () => {
  const [times] = await timeTraining({
    ...benchmark,
    models: benchmark.models.slice(0, 1),
    products: false,
    rounds: 1,
  });
  const { batch, gradients, update } = times!.parts;
  expect(batch + gradients + update).toBeCloseTo(times!.steps[0]!, 9);
  expect(gradients).toBeGreaterThan(update);
});

it('reports progress on the profiles and the products too', async () => {
  const told = new Map<string, number[]>();
  await timeTraining({
    ...benchmark,
    onProgress: (what, done, total) => {
      expect(done).toBeLessThanOrEqual(total);
      told.set(what, [...(told.get(what) ?? []), done]);
    },
  });
  expect([...told.keys()]).toEqual(['round', 'profile', 'product']);
  expect(told.get('profile')).toEqual([0, 1, 1, 2]);
  expect(told.get('product')!.filter((done) => done === 0)).toHaveLength(2);
});

it('reports the products of all micro-batches of a step', async () => {
  const [whole] = await timeTraining(benchmark);
  const [parted] = await timeTraining({ ...benchmark, microBatch: 2 });
  const products = ({ operators }: typeof whole & object): number =>
    operators
      .filter(({ operator }) => operator === 'Gemm' || operator === 'MatMul')
      .reduce((total, { nodes }) => total + nodes, 0);
  expect(products(whole!)).toBeGreaterThan(0);
  expect(products(parted!)).toBe(3 * products(whole!));
  expect(parted!.productFloor).toBeGreaterThan(0);
});
