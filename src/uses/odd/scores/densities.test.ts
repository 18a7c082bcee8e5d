// Density estimates against formulas, their integral, and rows that are hard to fit.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { compression, gaussian, kernel, type Rows, robustKernel, whiten } from './densities.ts';

const rows = (width: number, values: ArrayLike<number>): Rows => ({
  count: values.length / width,
  width,
  data: Float64Array.from(values),
});

describe.each([
  ['gaussian', gaussian],
  ['kernel', kernel],
])('%s', (_, fit) => {
  it('integrates to 1', () => {
    const density = fit(rows(1, [1, 2, 2.5, 7, 3, -1]));
    const grid = Array.from({ length: 4001 }, (_, index) => -40 + index * 0.02);
    const integral = density(rows(1, grid)).reduce((sum, log) => sum + 0.02 * Math.exp(log), 0);
    expect(integral).toBeCloseTo(1, 4);
  });

  it('is finite for a constant column, equal columns, a single row, and far away', () => {
    const data = Array.from(new RandomStream(1).normals(40)).flatMap((value) => [value, value, 3]);
    for (const reference of [rows(3, data), rows(3, [1, 2, 3])]) {
      expect([...fit(reference)(rows(3, [0, 0, 3, 1e4, -1e4, 5]))].every(Number.isFinite)).toBe(true);
    }
  });

  it('falls with the distance in every direction', () => {
    const density = fit(rows(2, new RandomStream(2).normals(200)));
    const [near, right, up, far] = density(rows(2, [0, 0, 6, 0, 0, -6, 60, 60]));
    expect(near).toBeGreaterThan(right!);
    expect(near).toBeGreaterThan(up!);
    expect(right).toBeGreaterThan(far!);
  });
});

describe('gaussian', () => {
  it('has mean and variance of one column', () => {
    // Mean 2, variance 2/3.
    const [log] = gaussian(rows(1, [1, 2, 3]))(rows(1, [4]));
    expect(log).toBeCloseTo(-0.5 * Math.log((2 * Math.PI * 2) / 3) - 4 / (2 * (2 / 3)), 10);
  });

  it('follows correlations if there are rows enough', () => {
    const random = new RandomStream(3);
    const data = Array.from({ length: 2000 }, () => random.normal()).flatMap((value) => [
      value,
      value + 0.5 * random.normal(),
    ]);
    const [along, across] = gaussian(rows(2, data))(rows(2, [2, 2, 2, -2])) as unknown as [number, number];
    // The exponents of the true density: −½(x² + (y − x)²/0.25).
    expect(along - across).toBeCloseTo(0.5 * (16 / 0.25), -1);
  });
});

describe('compression', () => {
  it('measures a skewed column on each side by itself, and ignores a few odd rows', () => {
    // An exponential distribution: its first tenth is 0.588 below the median, its last tenth 1.609 above.
    const values = Array.from({ length: 1000 }, (_, index) => -Math.log(1 - (index + 0.5) / 1000));
    const median = Math.LN2;
    const compressed = (odd: readonly number[]) =>
      compression(rows(1, [...values, ...odd]))(rows(1, [median - 3, median, median + 3])).data;
    const [below, middle, above] = compressed([]);
    expect(middle).toBeCloseTo(0, 2);
    expect(below).toBeCloseTo(-4 * Math.asinh((3 * 1.2816) / 0.588 / 4), 2);
    expect(above).toBeCloseTo(4 * Math.asinh((3 * 1.2816) / 1.609 / 4), 2);
    const [belowOdd, , aboveOdd] = compressed(new Array<number>(20).fill(-1e6));
    expect(belowOdd! / below!).toBeCloseTo(1, 1);
    expect(aboveOdd! / above!).toBeCloseTo(1, 1);
  });
});

describe('whitening', () => {
  it('shrinks towards no correlation the more, the fewer rows there are', () => {
    const random = new RandomStream(4);
    const correlated = (count: number): Rows =>
      rows(
        2,
        Array.from({ length: count }, () => random.normal()).flatMap((value) => [
          value,
          value + 0.1 * random.normal(),
        ]),
      );
    // The difference of two correlated columns counts for more, the less the correlation is shrunk.
    const difference = (count: number): number => {
      const { data } = whiten(correlated(count)).apply(rows(2, [1, -1]));
      return data[0]! ** 2 + data[1]! ** 2;
    };
    expect(difference(5)).toBeLessThan(difference(500) / 2);
  });
});

it('a single odd row does not make its like probable to the robust kernel', () => {
  const normals = Array.from(new RandomStream(4).normals(198));
  const odd = rows(2, [9, -9]);
  const without = robustKernel(rows(2, [...normals, 0, 0]))(odd)[0]!;
  const among = rows(2, [...normals, 9, -9]);
  expect(kernel(among)(odd)[0]).toBeGreaterThan(without + 5);
  expect(robustKernel(among)(odd)[0]).toBeLessThan(kernel(among)(odd)[0]! - 5);
});
