// In-place arithmetic on groups of arrays on the host: copies, sums over micro-batches and threads, norms, scaling.

import type { NdArray } from '../../core/numeric/index.ts';
import type { Groups } from '../../flows/models/index.ts';

/** Copies every array of `source` into the array of the same name in `target`. */
export function copyInto(target: Groups, source: Groups): void {
  for (const [name, { data }] of Object.entries(target)) {
    data.set(source[name]!.data);
  }
}

/** Adds every array of `terms` to the array of the same name in `total`, in float32. */
export function addInPlace(total: Groups, terms: Groups): void {
  for (const [name, { data }] of Object.entries(total)) {
    const added = terms[name]!.data;
    for (let index = 0; index < data.length; index++) {
      data[index]! += added[index]!;
    }
  }
}

/** The Euclidean norm of all arrays together. */
export function gradientNorm(arrays: Groups): number {
  return Math.sqrt(Object.values(arrays).reduce((total, { data }) => total + sumOfSquares(data), 0));
}

/** The Euclidean norm of the difference of arrays with the same names. */
export function differenceNorm(a: Groups, b: Groups): number {
  let total = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const otherData = b[name]!.data;
    for (let index = 0; index < data.length; index++) {
      total += (data[index]! - otherData[index]!) ** 2;
    }
  }
  return Math.sqrt(total);
}

/** Σ x², in four independent accumulators, so that additions don't wait for each other. */
function sumOfSquares(data: NdArray['data']): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const remainder = data.length % 4;
  for (let index = remainder; index < data.length; index += 4) {
    a += data[index]! * data[index]!;
    b += data[index + 1]! * data[index + 1]!;
    c += data[index + 2]! * data[index + 2]!;
    d += data[index + 3]! * data[index + 3]!;
  }
  for (let index = 0; index < remainder; index++) {
    a += data[index]! * data[index]!;
  }
  return a + b + c + d;
}

/** Multiplies every array by a number. */
export function scaleInPlace(arrays: Groups, factor: number): void {
  for (const { data } of Object.values(arrays)) {
    for (let index = 0; index < data.length; index++) {
      data[index]! *= factor;
    }
  }
}
