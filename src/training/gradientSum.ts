// Sums of gradients on the host, in place: over micro-batches, their norm, and their cut to a norm.
import type { Groups } from './parameterLayout.ts';

/** Adds every array of `terms` to the one of the same name in `total`, in float32. */
export function addInPlace(total: Groups, terms: Groups): void {
  for (const [name, { data }] of Object.entries(total)) {
    const added = terms[name]!.data;
    for (let index = 0; index < data.length; index++) {
      data[index]! += added[index]!;
    }
  }
}

/** The Euclidean norm of all arrays together. */
export function normOf(arrays: Groups): number {
  let squares = 0;
  for (const { data } of Object.values(arrays)) {
    for (let index = 0; index < data.length; index++) {
      squares += data[index]! * data[index]!;
    }
  }
  return Math.sqrt(squares);
}

/** Multiplies every array by a number. */
export function scaleInPlace(arrays: Groups, factor: number): void {
  for (const { data } of Object.values(arrays)) {
    for (let index = 0; index < data.length; index++) {
      data[index]! *= factor;
    }
  }
}
