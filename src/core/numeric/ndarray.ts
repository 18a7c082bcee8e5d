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
