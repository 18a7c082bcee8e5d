// Singular values and eigenvalues in float64, by ml-matrix.
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';

/**
 * The singular values of a square matrix in row-major order, largest first; NaN if an element is not finite.
 */
export function singularValues(values: ArrayLike<number>, size: number): Float64Array {
  const elements = Array.from(values);
  // The iteration would not terminate.
  if (!elements.every(Number.isFinite)) {
    return new Float64Array(size).fill(Number.NaN);
  }
  const matrix = Matrix.from1DArray(size, size, elements);
  const { diagonal } = new SingularValueDecomposition(matrix, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  });
  return Float64Array.from(diagonal);
}

/**
 * The eigenvalues of a symmetric tridiagonal matrix, and the square of the first element of each unit
 * eigenvector: nodes and weights of the Gauss quadrature that the matrix represents.
 *
 * @param diagonal n elements
 * @param beside the n − 1 elements next to it
 */
export function gaussQuadrature(
  diagonal: readonly number[],
  beside: readonly number[],
): { nodes: number[]; weights: number[] } {
  const size = diagonal.length;
  const matrix = Matrix.zeros(size, size);
  for (let index = 0; index < size; index++) {
    matrix.set(index, index, diagonal[index]!);
    if (index + 1 < size) {
      matrix.set(index, index + 1, beside[index]!);
      matrix.set(index + 1, index, beside[index]!);
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  return {
    nodes: realEigenvalues,
    weights: realEigenvalues.map((_, column) => eigenvectorMatrix.get(0, column) ** 2),
  };
}
