// The gradient of a graph as a graph: shared paths, missing gradients, slices, and second derivatives.

import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { expectClose } from '../../testing/golden.ts';
import { normalArray, runOnce } from '../../testing/programValues.ts';
import { prepare } from '../engine/graph/prepare.ts';
import { compile } from '../engine/program.ts';
import * as op from '../operations/index.ts';
import { constant, input, listTensors, OPEN_BATCH, type Tensor } from '../tensor.ts';
import { gradients, pullback } from './gradient.ts';

const vector = (...values: number[]): NdArray => ({
  shape: [values.length],
  data: Float64Array.from(values),
});

const derivative = (scalar: Tensor, variable: Tensor): Tensor =>
  gradients(scalar, [variable], constant(1))[0]!;

/** The operations of a tensor's graph after it is prepared. */
const operationNames = (tensor: Tensor): string[] =>
  listTensors(prepare({ inputs: {}, outputs: { tensor } })).map(({ operation }) => operation.name);

const computeValues = (
  outputs: Record<string, Tensor>,
  inputs: Record<string, Tensor>,
  feeds: Record<string, NdArray>,
) => runOnce({ inputs, outputs }, feeds, 'float64');

describe('gradients', () => {
  it('sums the contributions of every use of a tensor', async () => {
    const x = input('x', [3]);
    const cube = op.multiply(op.multiply(x, x), x);
    const g = derivative(op.add(op.sum(op.add(cube, x)), op.sum(op.multiply(x, 5))), x);
    const { g: values } = await computeValues({ g }, { x }, { x: vector(-2, 0, 3) });
    expect([...values!.data]).toEqual([3 * 4 + 6, 6, 3 * 9 + 6]);
  });

  it('walks a graph only once, even if its paths double at every step', async () => {
    const x = input('x', []);
    let y = x;
    for (let index = 0; index < 40; index++) {
      y = op.add(y, y);
    }
    const g = derivative(y, x);
    expect(operationNames(g).length).toBeLessThan(200);
    const { g: value } = await computeValues({ g }, { x }, { x: { shape: [], data: Float64Array.of(1) } });
    expect(value!.data[0]).toBe(2 ** 40);
  });

  it('is zero for variables on which the scalar does not depend, and the seed for the scalar itself', async () => {
    const [x, unused, batch] = [input('x', [2]), input('unused', [2, 3]), input('batch', [OPEN_BATCH, 2])];
    const scalar = op.sum(x);
    const [g, zero, open] = gradients(scalar, [scalar, unused, batch], constant(3)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const outputs = { g, zero, open };
    const infinite = Float64Array.of(1, 2, Infinity, -Infinity, Number.NaN, 0, 3, 4);
    const feeds = {
      x: vector(1, 2),
      unused: normalArray('u', [2, 3]),
      batch: { shape: [4, 2], data: infinite },
    };
    const values = await computeValues(outputs, { x, unused, batch }, feeds);
    expect(values.g!.data[0]).toBe(3);
    expect(values.zero).toEqual({ shape: [2, 3], data: new Float64Array(6) });
    expect(values.open!.shape).toEqual([4, 2]);
    expect(values.open!.data.every((value) => value === 0)).toBe(true);
  });

  it('can be taken with respect to a tensor in the middle, and to those before it', async () => {
    const x = input('x', [2]);
    const middle = op.exp(x);
    const [toMiddle, toX] = gradients(op.sum(op.multiply(middle, middle)), [middle, x], constant(1)) as [
      Tensor,
      Tensor,
    ];
    const values = await computeValues({ toMiddle, toX }, { x }, { x: vector(0, 1) });
    expectClose('to the middle', values.toMiddle!.data, [2, 2 * Math.E], 'float64');
    expectClose('to x', values.toX!.data, [2, 2 * Math.E ** 2], 'float64');
  });

  it('by a sum of a matrix differs from that by the matrix, if the matrix has other uses', async () => {
    const [w, x, y] = [input('w', [2, 2]), input('x', [3, 2]), input('y', [3, 2])];
    const shifted = op.add(w, 1);
    const scalar = op.add(op.sum(op.product(x, shifted)), op.sum(op.product(y, w)));
    const [toW, toShifted] = gradients(scalar, [w, shifted], constant(1));
    const feeds = Object.fromEntries(
      Object.entries({ w, x, y }).map(([name, { shape }]) => [name, normalArray(name, [...shape])]),
    );
    const values = await computeValues({ toW, toShifted }, { w, x, y }, feeds);
    const columnSum = (name: string, column: number): number =>
      [0, 2, 4].reduce((sum, row) => sum + feeds[name]!.data[row + column]!, 0);
    const expected = [0, 0, 1, 1].map((column) => columnSum('x', column));
    expectClose('to the sum', values.toShifted!.data, expected, 'float64');
    const bothUses = [0, 0, 1, 1].map((column) => columnSum('x', column) + columnSum('y', column));
    expectClose('to the matrix', values.toW!.data, bothUses, 'float64');
  });

  it('reaches a detached tensor, but nothing that it is computed from', async () => {
    const x = input('x', [2]);
    // Without a gradient, which is not needed behind a detached tensor.
    const detached = op.detach(op.maximum(op.exp(x), 0.1));
    const scalar = op.sum(op.multiply(op.multiply(detached, detached), x));
    const [toDetached, toX] = gradients(scalar, [detached, x], constant(1));
    const values = await computeValues({ toDetached, toX }, { x }, { x: vector(1, 2) });
    expectClose('to the detached', values.toDetached!.data, [2 * Math.E, 4 * Math.E ** 2], 'float64');
    expectClose('to x', values.toX!.data, [Math.E ** 2, Math.E ** 4], 'float64');
  });

  it('starts from a scalar', () => {
    const x = input('x', [3]);
    expect(() => gradients(x, [x], constant(1))).toThrow('gradients([3], []): only a scalar has a gradient');
    expect(() => gradients(op.sum(x), [x], x)).toThrow('gradients([], [3]): only a scalar has a gradient');
  });

  it('is refused where open batches are concatenated', () => {
    const [x, y] = [input('x', [OPEN_BATCH, 2]), input('y', [OPEN_BATCH, 2])];
    const g = derivative(op.sum(op.exp(op.concatenate([x, y], 0))), x);
    expect(() => prepare({ inputs: { x, y }, outputs: { g } })).toThrow(
      'concatenate([N, 2], [N, 2]): several open batches in one have no gradient',
    );
  });

  it('names an operation that has no gradient, but only if one is needed', () => {
    const [x, y] = [input('x', [2]), input('y', [2])];
    const scalar = op.sum(op.add(op.floor(x), y));
    expect(() => derivative(scalar, x)).toThrow('the operation floor has no gradient');
    expect(() => derivative(scalar, y)).not.toThrow();
  });
});

describe('the gradient of slices', () => {
  it('concatenates their gradients if they tile the tensor, regardless of the order of their use', async () => {
    const x = input('x', [2, 6]);
    const [a, b, c] = op.split(x, 1, [1, 3, 2]);
    const scalar = op.add(op.sum(op.exp(c)), op.add(op.sum(op.multiply(a, 7)), op.sum(op.multiply(b, b))));
    const g = derivative(scalar, x);
    expect(operationNames(g)).toContain('concatenate');
    expect(operationNames(g)).not.toContain('pad');
    const feed = normalArray('x', [2, 6]);
    const { g: values } = await computeValues({ g }, { x }, { x: feed });
    const expected = feed.data.map((value, index) => {
      const column = index % 6;
      return column === 0 ? 7 : column < 4 ? 2 * value : Math.exp(value);
    });
    expectClose('gradient', values!.data, expected, 'float64');
  });

  it('adds the gradient of another use of the whole tensor', async () => {
    const x = input('x', [4]);
    const [a, b] = op.split(x, 0, [3, 1]);
    const scalar = op.add(op.add(op.sum(op.multiply(a, 2)), op.sum(op.multiply(b, 3))), op.sum(op.exp(x)));
    const g = derivative(scalar, x);
    expect(operationNames(g)).not.toContain('pad');
    const { g: values } = await computeValues({ g }, { x }, { x: vector(0, 0, 0, 0) });
    expect([...values!.data]).toEqual([3, 3, 3, 4]);
  });

  it.each<[string, [number, number, number][]]>([
    [
      'overlap',
      [
        [0, 0, 3],
        [0, 1, 4],
      ],
    ],
    [
      'leave a gap',
      [
        [0, 0, 1],
        [0, 2, 4],
      ],
    ],
    [
      'end too early',
      [
        [0, 0, 1],
        [0, 1, 3],
      ],
    ],
    [
      'are used twice',
      [
        [0, 0, 2],
        [0, 2, 4],
        [0, 0, 2],
        [0, 2, 4],
      ],
    ],
    [
      'lie on different axes',
      [
        [0, 0, 2],
        [1, 2, 4],
      ],
    ],
  ])('is a sum of paddings where they %s', async (_, ranges) => {
    const x = input('x', [4, 4]);
    const parts = ranges.map(([axis, start, end], index) =>
      op.sum(op.multiply(op.slice(x, axis, start, end), 10 ** index)),
    );
    const g = derivative(parts.reduce(op.add), x);
    const { g: values } = await computeValues({ g }, { x }, { x: normalArray('x', [4, 4]) });
    const expected = Array.from({ length: 16 }, (_, element) =>
      ranges.reduce((total, [axis, start, end], index) => {
        const position = axis === 0 ? Math.floor(element / 4) : element % 4;
        return total + (position >= start && position < end ? 10 ** index : 0);
      }, 0),
    );
    expect([...values!.data]).toEqual(expected);
  });
});

describe('pullback', () => {
  it('returns the gradient of Σ y·v for a known v, summed over all known tensors', async () => {
    const [x, v] = [input('x', [3]), input('v', [3])];
    const [y, z] = [op.multiply(x, x), op.sum(op.exp(x))];
    const knownGradients = [
      { tensor: y, gradient: v },
      { tensor: z, gradient: constant(2) },
      { tensor: y, gradient: constant(vector(1, 1, 1)) },
    ];
    const [g] = pullback(knownGradients, [x]);
    const { g: values } = await computeValues(
      { g: g! },
      { x, v },
      { x: vector(0, 1, 2), v: vector(3, 4, 5) },
    );
    expectClose('g', values!.data, [2, 2 * 5 + 2 * Math.E, 4 * 6 + 2 * Math.E ** 2], 'float64');
  });
});

describe('the gradient of a gradient', () => {
  it.each<[string, number[], (x: Tensor) => Tensor]>([
    ['log|det|', [3, 3], op.logAbsDet],
    ['the sum of an inverse', [3, 3], (w) => op.sum(op.inverse(op.add(w, op.identity(3))))],
    [
      'products, shifted sums and slices',
      [1, 3, 2, 2],
      (x) => {
        const columns = op.unfold(op.exp(x), [
          [0, 0],
          [1, 0],
          [-1, 1],
        ]);
        const [a, b] = op.split(
          op.fold(op.multiply(columns, columns), [
            [0, 1],
            [1, 0],
          ]),
          3,
          [1, 2],
        );
        const rows = op.product(op.reshape(a, [6, 1]), op.reshape(b, [6, 2]), { transposeA: true });
        return op.sum(op.multiply(rows, rows));
      },
    ],
  ])('%s: matches differences of the gradient along a direction', async (name, shape, f) => {
    const x = input('x', shape);
    const direction = normalArray(`${name} direction`, shape);
    const g = derivative(f(x), x);
    const second = derivative(op.sum(op.multiply(g, constant(direction))), x);
    const program = await compile({ inputs: { x }, outputs: { g, second } }, { precision: 'float64' });
    const feed = normalArray(name, shape, 0.5);
    const evaluateMoved = async (distance: number) => {
      const data = feed.data.map((value, index) => value + distance * direction.data[index]!);
      return program.run({ x: { shape, data } });
    };
    const h = 1e-5;
    const [behind, unmoved, ahead] = await Promise.all([-h, 0, h].map(evaluateMoved));
    const numeric = Array.from(ahead!.g!.data, (value, index) => (value - behind!.g!.data[index]!) / (2 * h));
    expectClose('second derivative', unmoved!.second!.data, numeric, 'float64', 1e-7);
    await program.release();
  });
});
