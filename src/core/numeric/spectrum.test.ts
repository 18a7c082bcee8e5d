// Singular values and quadrature against known results.
import { expect, it } from 'vitest';
import { inverse, randomOrthogonal } from './linearAlgebra.ts';
import { RandomStream } from './random.ts';
import { gaussQuadrature, singularValues } from './spectrum.ts';

/** A·B of square matrices. */
function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  return a.map((_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    return Array.from({ length: size }, (_, k) => a[row * size + k]! * b[k * size + column]!).reduce(
      (total, value) => total + value,
    );
  });
}

it('finds the singular values that a matrix was built from, negative and tiny ones too', () => {
  const values = [3, 1.5, 0.2, 1e-7, 0];
  const [leftFactor, rightFactor] = [0, 1].map((seed) => randomOrthogonal(new RandomStream(seed), 5));
  const diagonal = Float64Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? -values[i / 6]! : 0));
  const computed = singularValues(product(product(leftFactor!, diagonal, 5), rightFactor!, 5), 5);
  values.forEach((value, index) => {
    expect(computed[index]).toBeCloseTo(value, 13);
  });
});

it('returns NaN, and returns at all, for non-finite matrices', () => {
  expect(singularValues([1, Number.NaN, 0, 1], 2)).toEqual(Float64Array.of(Number.NaN, Number.NaN));
  expect(singularValues([Number.POSITIVE_INFINITY], 1)).toEqual(Float64Array.of(Number.NaN));
});

it('integrates powers and the logarithm like the tridiagonal matrix', () => {
  const [diagonal, beside] = [
    [2, 3, 2.5, 4],
    [0.5, 0.3, 1],
  ];
  const { nodes, weights } = gaussQuadrature(diagonal!, beside!);
  const integral = (f: (x: number) => number) =>
    nodes.reduce((total, node, index) => total + weights[index]! * f(node), 0);
  const t = Float64Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [Math.floor(i / 4), i % 4];
    return row === column
      ? diagonal![row]!
      : Math.abs(row - column) === 1
        ? beside![Math.min(row, column)]!
        : 0;
  });
  // (T^k)₀₀ is the integral of x^k, for negative powers too.
  expect(integral(() => 1)).toBeCloseTo(1, 12);
  expect(integral((x) => x)).toBeCloseTo(2, 12);
  expect(integral((x) => x ** 3)).toBeCloseTo(product(product(t, t, 4), t, 4)[0]!, 10);
  expect(integral((x) => 1 / x)).toBeCloseTo(inverse(t, 4)[0]!, 12);
});
