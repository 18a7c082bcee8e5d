// Determinants, inverses and orthogonal matrices.
import { describe, expect, it } from 'vitest';
import { inverse, logAbsDeterminant, randomOrthogonal } from './linearAlgebra.ts';
import { RandomStream } from './random.ts';

const sizes = [1, 2, 3, 48, 192];

/** A·B of square matrices. */
function multiply(a: ArrayLike<number>, b: ArrayLike<number>, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const factor = a[row * size + inner]!;
      for (let column = 0; column < size; column++) {
        out[row * size + column]! += factor * b[inner * size + column]!;
      }
    }
  }
  return out;
}

function transpose(a: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from(
    { length: size * size },
    (_, index) => a[(index % size) * size + Math.floor(index / size)]!,
  );
}

/** The largest deviation of a matrix from the identity. */
function distanceFromIdentity(a: ArrayLike<number>, size: number): number {
  return Array.from(a).reduce((worst, value, index) => {
    const error = Math.abs(value - (index % (size + 1) === 0 ? 1 : 0));
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
}

const orthogonal = new Map<number, Float64Array>();

/** One orthogonal matrix of each size, created once. */
function createOrthogonal(size: number): Float64Array {
  const q = orthogonal.get(size) ?? randomOrthogonal(new RandomStream(6, 'orthogonal', size), size);
  orthogonal.set(size, q);
  return q;
}

/**
 * A matrix with ln|det| = `logDet`: orthogonal, times a diagonal of both signs whose entries spread by a
 * factor e around their mean, with the columns in random order.
 */
function matrixWithLogDet(size: number, logDet: number): Float64Array {
  const random = new RandomStream(6, 'matrix', size);
  const q = createOrthogonal(size);
  const spread = Array.from({ length: size }, () => random.uniform() - 0.5);
  const mean = spread.reduce((total, value) => total + value, 0) / size;
  const order = random.permutation(size);
  const diagonal = spread.map(
    (value) => (random.uniform() < 0.5 ? -1 : 1) * Math.exp(logDet / size + value - mean),
  );
  return Float64Array.from(q, (_, index) => {
    const column = order[index % size]!;
    return q[Math.floor(index / size) * size + column]! * diagonal[column]!;
  });
}

describe('logAbsDeterminant', () => {
  const exponents = [-300, -20, 0, 20, 300];

  it.each(sizes)('is exact for %i channels at every magnitude of the determinant', (size) => {
    for (const exponent of exponents) {
      const expected = exponent * Math.LN10;
      const matrix = matrixWithLogDet(size, expected);
      const error = Math.abs(logAbsDeterminant(matrix, size) - expected);
      expect(error, `10^${exponent}`).toBeLessThan(1e-13 * Math.max(Math.abs(expected), size));
    }
  });

  it.each([2, 3, 48, 192])('exceeds the range of float64 for %i channels', (size) => {
    for (const exponent of [-590, 590, ...(size >= 48 ? [-5000, 5000] : [])]) {
      const expected = exponent * Math.LN10;
      const value = logAbsDeterminant(matrixWithLogDet(size, expected), size);
      expect(Math.abs(value - expected), `10^${exponent}`).toBeLessThan(1e-12 * Math.abs(expected));
    }
  });

  it('is −∞ for a singular matrix', () => {
    expect(logAbsDeterminant([0], 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(logAbsDeterminant([1, 2, 2, 4], 2)).toBe(Number.NEGATIVE_INFINITY);
    expect(logAbsDeterminant([1, 0, 3, 2, 0, 4, 5, 0, 7], 3)).toBe(Number.NEGATIVE_INFINITY);
    expect(logAbsDeterminant(new Float64Array(48 * 48), 48)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is NaN if the matrix contains one', () => {
    expect(logAbsDeterminant([1, Number.NaN, 0, 1], 2)).toBeNaN();
    expect(logAbsDeterminant([Number.NaN, 1, 1, 1], 2)).toBeNaN();
  });
});

describe('inverse', () => {
  it.each(sizes)('inverts a matrix of %i channels from both sides', (size) => {
    const matrix = matrixWithLogDet(size, 3);
    const inverted = inverse(matrix, size);
    expect(distanceFromIdentity(multiply(matrix, inverted, size), size)).toBeLessThan(1e-12);
    expect(distanceFromIdentity(multiply(inverted, matrix, size), size)).toBeLessThan(1e-12);
  });

  it('is NaN everywhere for a singular matrix', () => {
    expect(inverse([1, 2, 2, 4], 2)).toEqual(new Float64Array(4).fill(Number.NaN));
    expect(inverse([0], 1)).toEqual(new Float64Array(1).fill(Number.NaN));
  });
});

describe('randomOrthogonal', () => {
  it.each(sizes)('is orthogonal for %i channels', (size) => {
    const q = randomOrthogonal(new RandomStream(1, 'q'), size);
    expect(distanceFromIdentity(multiply(q, transpose(q, size), size), size)).toBeLessThan(1e-12);
    expect(Math.abs(logAbsDeterminant(q, size))).toBeLessThan(1e-12);
  });

  it.each([1, 2, 3])('has determinants of both signs, about equally often, for %i channels', (size) => {
    let positive = 0;
    for (let seed = 0; seed < 200; seed++) {
      const [a, b, c, d, e, f, g, h, i] = randomOrthogonal(
        new RandomStream(seed, 'q'),
        size,
      ) as unknown as number[];
      const determinant =
        size === 1
          ? a!
          : size === 2
            ? a! * d! - b! * c!
            : a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
      expect(Math.abs(determinant)).toBeCloseTo(1, 12);
      positive += determinant > 0 ? 1 : 0;
    }
    expect(positive).toBeGreaterThan(70);
    expect(positive).toBeLessThan(130);
  });

  it('has uniformly distributed directions: every entry has mean 0 and mean square 1/size', () => {
    const draws = 2000;
    const sums = new Float64Array(9);
    const squares = new Float64Array(9);
    for (let seed = 0; seed < draws; seed++) {
      randomOrthogonal(new RandomStream(seed, 'q'), 3).forEach((value, index) => {
        sums[index]! += value / draws;
        squares[index]! += value ** 2 / draws;
      });
    }
    // Five standard errors.
    sums.forEach((mean) => {
      expect(Math.abs(mean)).toBeLessThan((5 * Math.sqrt(1 / 3)) / Math.sqrt(draws));
    });
    squares.forEach((mean) => {
      expect(Math.abs(mean - 1 / 3)).toBeLessThan((5 * 0.3) / Math.sqrt(draws));
    });
  });
});
