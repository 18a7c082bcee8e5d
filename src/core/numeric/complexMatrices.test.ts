// Complex matrices against real ones of twice the size, on the host and as operations of a program.
import { describe, expect, it } from 'vitest';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { complexInverse, complexLogAbsDet, sum } from '../../tensor/operations/index.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { runOnce } from '../../testing/programValues.ts';
import { invertComplexMatrices } from './complexMatrices.ts';
import { inverse, logAbsDeterminant } from './linearAlgebra.ts';
import { RandomStream } from './random.ts';

/** A complex matrix: real and imaginary part, row-major. */
type Matrix = [re: number[], im: number[]];

/** Elements of all signs, and zeros on the diagonal if `hollow`, so that rows must be exchanged. */
function randomMatrix(size: number, seed: number, hollow = false): Matrix {
  const part = (name: string) =>
    Array.from(new RandomStream(seed, name, size).normals(size * size), (value, index) =>
      hollow && index % (size + 1) === 0 ? 0 : value,
    );
  return [part('re'), part('im')];
}

/** Matrices as `invertComplexMatrices` takes them. */
function stacked(matrices: readonly Matrix[]): Float64Array {
  return Float64Array.from([0, 1].flatMap((part) => matrices.flatMap((matrix) => matrix[part]!)));
}

/** `[[A, B], [−B, A]]`, whose determinant is |det(A + iB)|² and whose inverse has the same form. */
function realForm([re, im]: Matrix, size: number): Float64Array {
  const width = 2 * size;
  return Float64Array.from({ length: width * width }, (_, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    const element = (row % size) * size + (column % size);
    const isDiagonalBlock = row < size === column < size;
    return isDiagonalBlock ? re[element]! : (row < size ? 1 : -1) * im[element]!;
  });
}

/** Element-wise, relative to the largest. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const largest = Array.from(b).reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
  return Array.from(a).reduce((worst, value, index) => {
    const error = Math.abs(value - b[index]!) / largest;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
}

describe('invertComplexMatrices', () => {
  it.each([1, 2, 3, 5, 12, 24, 48])('matches a real matrix of twice the size %i', (size) => {
    const matrices = [
      randomMatrix(size, 1),
      randomMatrix(size, 2, size > 1),
      [randomMatrix(size, 3)[0], Array<number>(size * size).fill(0)] as Matrix,
      [Array<number>(size * size).fill(0), randomMatrix(size, 4)[1]] as Matrix,
    ];
    const { inverses, logAbsDets } = invertComplexMatrices(stacked(matrices), size);
    const area = size * size;
    const half = inverses.length / 2;
    matrices.forEach((matrix, index) => {
      const part = (start: number) => [
        ...inverses.subarray(start + index * area, start + (index + 1) * area),
      ];
      const real = realForm(matrix, size);
      expect(logAbsDets[index]).toBeCloseTo(logAbsDeterminant(real, 2 * size) / 2, 11);
      const expected = inverse(real, 2 * size);
      expect(distance(realForm([part(0), part(half)], size), expected)).toBeLessThan(1e-10);
    });
  });

  it.each([-307, -200, 200, 307])('works with elements of the size 10^%i', (exponent) => {
    const scale = 10 ** exponent;
    const [re, im] = randomMatrix(4, 5);
    const { inverses, logAbsDets } = invertComplexMatrices(stacked([[re, im]]), 4);
    const scaled = invertComplexMatrices(
      stacked([[re, im]]).map((value) => value * scale),
      4,
    );
    expect(scaled.logAbsDets[0]).toBeCloseTo(logAbsDets[0]! + 4 * exponent * Math.LN10, 9);
    expect(
      distance(
        scaled.inverses.map((value) => value * scale),
        inverses,
      ),
    ).toBeLessThan(1e-11);
  });

  it('is −∞ and NaN for a singular matrix, and does not affect its neighbours', () => {
    // i times the first row is the second.
    const singular: Matrix = [
      [1, 0, 0, -3],
      [0, 3, 1, 0],
    ];
    const zero: Matrix = [Array(4).fill(0), Array(4).fill(0)];
    const sound = randomMatrix(2, 6);
    const inverses = invertComplexMatrices(stacked([singular, sound, zero]), 2);
    const alone = invertComplexMatrices(stacked([sound]), 2);
    const infinite = Number.NEGATIVE_INFINITY;
    expect([...inverses.logAbsDets]).toEqual([infinite, alone.logAbsDets[0], infinite]);
    const nothing = Array<number>(4).fill(Number.NaN);
    const [re, im] = [alone.inverses.slice(0, 4), alone.inverses.slice(4)];
    expect([...inverses.inverses]).toEqual([...nothing, ...re, ...nothing, ...nothing, ...im, ...nothing]);
  });

  it('is NaN if the matrix contains one', () => {
    const { inverses, logAbsDets } = invertComplexMatrices([1, 2, 0, 1, 0, Number.NaN, 0, 1], 2);
    expect(logAbsDets[0]).toBeNaN();
    expect([...inverses].some(Number.isNaN)).toBe(true);
  });
});

describe('in a program', () => {
  const w = input('w', [2, 3, 2, 2]);
  const logDet = complexLogAbsDet(w);
  const [gradient] = gradients(sum(logDet), [w], constant(1));
  const definition = { inputs: { w }, outputs: { logDet, gradient: gradient!, other: complexInverse(w) } };

  it.each(['float32', 'float64'] as const)(
    'values are rounded once, the gradient is the conjugate inverse transposed, a singular matrix returns −∞ and NaN, in %s',
    async (precision) => {
      const rounded = precision === 'float32' ? Math.fround : (value: number) => value;
      const matrices = [randomMatrix(2, 7), [[1, 2, 2, 4], Array(4).fill(0)] as Matrix, randomMatrix(2, 8)];
      const data = stacked(matrices).map(rounded);
      const result = await runOnce(definition, { w: { shape: [2, 3, 2, 2], data } }, precision);
      const exact = invertComplexMatrices(data, 2);
      expect([...result.logDet!.data]).toEqual([...exact.logAbsDets].map(rounded));
      expect(result.logDet!.data[1]).toBe(Number.NEGATIVE_INFINITY);
      const inverses = [...exact.inverses].map(rounded);
      expect([...result.other!.data]).toEqual(inverses);
      expect(inverses.slice(4, 8)).toEqual(Array(4).fill(Number.NaN));
      const conjugateTransposed = inverses.map((_, index) => {
        const [matrix, element] = [Math.floor(index / 4), index % 4];
        return (matrix < 3 ? 1 : -1) * inverses[4 * matrix + 2 * (element % 2) + (element >> 1)]!;
      });
      expect([...result.gradient!.data]).toEqual(conjugateTransposed);
    },
  );
});
