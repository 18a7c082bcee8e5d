// What is timed of a training step: how often, of which batch, and with which parts.
import { expect, it } from 'vitest';
import { timeTraining } from './timeTraining.ts';

const benchmark = {
  mixings: ['1x1', 'emerging'],
  model: { levels: 1, depth: 1, width: 4, kernelSize: 3, dilation: 1, learnedPrior: false, bits: 8 },
  imageShape: [4, 6, 1],
  batchSize: 6,
  rounds: 2,
  workers: 1,
} as const;

it('takes as many rounds as it is asked for, of steps and then of passes', async () => {
  const told: number[] = [];
  const times = await timeTraining({ ...benchmark, products: false, onProgress: (done) => told.push(done) });
  expect(times.map(({ mixing, steps, forwards }) => [mixing, steps.length, forwards.length])).toEqual([
    ['1x1', 2, 2],
    ['emerging', 2, 2],
  ]);
  expect([...new Set(told)]).toEqual([0, 1, 2, 3, 4]);
});

it('tells of the products of all micro-batches of a step', async () => {
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
