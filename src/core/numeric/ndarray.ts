// Arrays on the host: the inputs and outputs of programs, and the contents of checkpoints.

/** A dense array of real numbers in row-major order: `data.length` is the product of `shape`. */
export interface NdArray {
  /** The lengths of the axes; empty for a scalar. */
  readonly shape: readonly number[];
  /** The elements, the last axis varying fastest. */
  readonly data: Float32Array | Float64Array;
}

/** The number of elements of an array of this shape; 1 for a scalar, whose shape is empty. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The numbers of categories as rows `[N, count]` with a 1 at each number, and 0 elsewhere. */
export function oneHotRows(numbers: ArrayLike<number>, count: number): NdArray {
  const data = new Float64Array(numbers.length * count);
  for (let row = 0; row < numbers.length; row++) {
    data[row * count + numbers[row]!] = 1;
  }
  return { shape: [numbers.length, count], data };
}
