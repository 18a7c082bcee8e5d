// How close a layer is to singular: the diagonals and singular values of the matrices that it divides by.
import { type CompileOptions, evaluate } from '../../engine/program.ts';
import type { Bijection } from '../../flows/contract/bijection.ts';
import type { Parameters } from '../../flows/contract/parameters.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { singularValues } from '../../numeric/spectrum.ts';

/** How well conditioned a layer's matrices are. */
export interface Conditioning {
  /**
   * The smallest |element| on the diagonals of its triangular and diagonal matrices; without any, the
   * smallest singular value.
   */
  readonly smallestDiagonal: number;
  /** The largest condition number of its matrices: the largest over the smallest singular value. */
  readonly conditionNumber: number;
}

/** Examines the matrices that a layer lists as its `factors`; null if it lists none. */
export async function conditioningOf(
  { factors }: Bijection,
  parameters: Parameters,
  options: Pick<CompileOptions, 'device' | 'threads'>,
): Promise<Conditioning | null> {
  if (!factors) {
    return null;
  }
  const arrays = await evaluate(Object.values(factors(parameters)), options);
  const found = arrays.map(extremesOf);
  const diagonals = found.flatMap(({ diagonal }) => diagonal ?? []);
  return {
    smallestDiagonal: least(diagonals.length > 0 ? diagonals : found.map(({ smallest }) => smallest)),
    conditionNumber: most(found.map(({ condition }) => condition)),
  };
}

/** For one matrix or a stack of them. */
interface Extremes {
  /** The smallest singular value. */
  smallest: number;
  /** The smallest |diagonal element|; null unless all matrices are triangular. */
  diagonal: number | null;
  /** The largest condition number. */
  condition: number;
}

function extremesOf({ shape, data }: NdArray): Extremes {
  if (shape.length < 2) {
    const sizes = Array.from(data, Math.abs);
    return { smallest: least(sizes), diagonal: least(sizes), condition: most(sizes) / least(sizes) };
  }
  const size = shape.at(-1)!;
  const matrices = Array.from({ length: sizeOf(shape) / size ** 2 }, (_, index) =>
    data.subarray(index * size ** 2, (index + 1) * size ** 2),
  );
  const spectra = matrices.map((matrix) => singularValues(matrix, size));
  const diagonals = matrices.flatMap((matrix) =>
    Array.from({ length: size }, (_, index) => Math.abs(matrix[index * size + index]!)),
  );
  return {
    smallest: least(spectra.map(least)),
    diagonal: matrices.every((matrix) => isTriangular(matrix, size)) ? least(diagonals) : null,
    condition: most(spectra.map((values) => most(values) / least(values))),
  };
}

function isTriangular(matrix: ArrayLike<number>, size: number): boolean {
  const zeroWhere = (inside: (row: number, column: number) => boolean) =>
    Array.from(matrix).every(
      (value, index) => value === 0 || !inside(Math.floor(index / size), index % size),
    );
  return zeroWhere((row, column) => row > column) || zeroWhere((row, column) => row < column);
}

// Not Math.min(...values): a NaN must win, and there may be many.
function least(values: ArrayLike<number>): number {
  return Array.from(values).reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function most(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, value), 0);
}
