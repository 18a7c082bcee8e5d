import { expect, test } from 'vitest';
import { add } from '../tensor/operations/index.ts';
import { product } from '../tensor/operations/product.ts';
import type { ProgramDefinition } from '../tensor/programDefinition.ts';
import { input } from '../tensor/tensor.ts';
import { productsOf, timeProducts } from './timeProducts.ts';

const [a, b, c] = [input('a', [2, 3]), input('b', [3, 5]), input('c', [2, 3])];

const first: ProgramDefinition = { inputs: { a, b, c }, outputs: { y: add(product(a, b), product(c, b)) } };
const second: ProgramDefinition = {
  inputs: { a, b, c },
  outputs: { same: product(a, b), turned: product(a, c, { transposeA: true }), sum: add(a, c) },
};

test('products with the same shape and transposition are merged, counted once per run of their graphs', () => {
  const found = productsOf(
    new Map([
      [first, 3],
      [second, 10],
    ]),
  );
  expect(found.map(({ node, count }) => [node.shape, count])).toEqual([
    [[2, 5], 2 * 3 + 10],
    [[3, 3], 10],
  ]);
});

test('a graph without products takes no time', async () => {
  const plan = { workers: 1, threadsEach: 1 };
  const none: ProgramDefinition = { inputs: { a, c }, outputs: { y: add(a, c) } };
  expect(await timeProducts({ ...plan, runs: new Map([[none, 4]]) }, {})).toBe(0);
  expect(await timeProducts({ ...plan, runs: new Map([[second, 1]]) }, {})).toBeGreaterThan(0);
});

test('all of a product is timed', async () => {
  const timeOf = (rows: number): Promise<number> => {
    const [x, w] = [input('x', [rows, 256]), input('w', [256, 256])];
    const runs = new Map([[{ inputs: { x, w }, outputs: { y: product(x, w) } }, 1]]);
    return timeProducts({ workers: 1, threadsEach: 1, runs }, {});
  };
  expect(await timeOf(2048)).toBeGreaterThan(10 * (await timeOf(4)));
});
