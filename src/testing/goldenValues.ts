// The values of golden cases, and how close a result is to them; runs in a page too.

import { countElements, type NdArray } from '../core/numeric/arrays.ts';
import type { Device } from '../tensor/engine/devices/device.ts';
import type { Precision } from '../tensor/tensor.ts';

/** One golden file: arrays under the keys that `maths` uses, and the other fields of its kind. */
// biome-ignore lint/suspicious/noExplicitAny: each kind of file has its own form, which its test knows.
export type GoldenCase = Record<string, any>;

/** An array as a golden file stores it. */
export function ndarray({ shape, data }: { shape: number[]; data: number[] }): NdArray {
  if (data.length !== countElements(shape)) {
    throw new Error(`a golden array of shape ${shape} holds ${data.length} values`);
  }
  return { shape, data: Float64Array.from(data) };
}

/**
 * A parameter or gradient of a golden file in the form of our layers: emerging kernels are stored there as
 * full k x k kernels, and ours keep the corner. `finc` kernels, which count from 0, are stored unchanged.
 */
function storedForm(path: string, array: NdArray, paths: readonly string[]): NdArray {
  const corner = /(^|\/)kernel([12])$/.exec(path);
  if (!corner || /(conv|blocks\/)\d+\//.test(path) || paths.includes(path.replace(/\d$/, '0'))) {
    return array;
  }
  const [size, , inputs, outputs] = array.shape as [number, number, number, number];
  const side = (size + 1) / 2;
  const first = corner[2] === '1' ? side - 1 : 0;
  const data = new Float64Array(side * side * inputs * outputs);
  let index = 0;
  for (let row = first; row < first + side; row++) {
    for (let column = first; column < first + side; column++) {
      const start = (row * size + column) * inputs * outputs;
      data.set(array.data.subarray(start, start + inputs * outputs), index);
      index += inputs * outputs;
    }
  }
  return { shape: [side, side, inputs, outputs], data };
}

/** All arrays of a golden section in stored form. */
export function storedArrays(
  section: Record<string, { shape: number[]; data: number[] }>,
): Record<string, NdArray> {
  const paths = Object.keys(section);
  return Object.fromEntries(
    Object.entries(section).map(([path, array]) => [path, storedForm(path, ndarray(array), paths)]),
  );
}

/** The tolerances for golden values, relative to the largest entry, or to 1 if that is larger. */
export const tolerances: Record<Precision, number> = { float64: 1e-9, float32: 1e-4 };

/** How far a result is from golden values. */
export interface Comparison {
  /** What was compared. */
  readonly what: string;
  /** The largest error, relative to the largest golden value, or to 1 if that is larger. */
  readonly error: number;
  /** What the error must be below. */
  readonly tolerance: number;
}

/** How the cases whose names match are checked. */
export type GoldenCheck = readonly [
  names: RegExp,
  check: (golden: GoldenCase, precision: Precision, device?: Device) => Promise<Comparison[]>,
];

/** Compares a result with golden values; NaN is infinitely far. Throws Error if their numbers of values differ. */
export function compared(
  subject: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  precision: Precision,
  tolerance: number = tolerances[precision],
): Comparison {
  if (actual.length !== expected.length) {
    throw new Error(`${subject}: ${actual.length} values instead of ${expected.length}`);
  }
  const size = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const error = Math.abs(actual[index]! - expected[index]!) / size;
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return { what: subject, error: worst, tolerance };
}

/** Throws Error unless both lists have the same names, in whatever order. */
export function requireSameNames(
  subject: string,
  actual: readonly string[],
  expected: readonly string[],
): void {
  const [actualNames, expectedNames] = [actual, expected].map((names) => names.toSorted().join(', '));
  if (actualNames !== expectedNames) {
    throw new Error(`${subject}: ${actualNames} instead of ${expectedNames}`);
  }
}
