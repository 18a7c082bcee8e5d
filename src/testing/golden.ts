// The golden cases: values and gradients in float64 that every implementation of a layer must match.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Precision } from '../tensor/tensor.ts';
import { type Comparison, compared, type GoldenCase } from './goldenValues.ts';

/** The folder of the cases: `GOLDEN`, or the project's copy. */
export const goldenFolder = process.env.GOLDEN ?? fileURLToPath(new URL('../../golden', import.meta.url));

/**
 * The cases whose file name matches, as `[name, case]`.
 *
 * @throws if the project's copy has none; another folder need not have cases of every kind
 */
export function goldenCases(pattern: RegExp): [string, GoldenCase][] {
  const cases = readdirSync(goldenFolder)
    .filter((file) => file.endsWith('.json') && pattern.test(file.slice(0, -5)))
    .map((file): [string, GoldenCase] => [
      file.slice(0, -5),
      JSON.parse(readFileSync(`${goldenFolder}/${file}`, 'utf8')),
    ]);
  if (cases.length === 0 && process.env.GOLDEN === undefined) {
    throw new Error(`no golden case in ${goldenFolder} matches ${pattern}`);
  }
  return cases;
}

/** Asserts that results match golden values within their tolerances. */
export function expectWithin(comparisons: readonly Comparison[]): void {
  for (const { what: subject, error, tolerance } of comparisons) {
    expect(error, `${subject}: largest error`).toBeLessThan(tolerance);
  }
  expect(comparisons.length).toBeGreaterThan(0);
}

/** Asserts that `actual` matches golden values within the precision's tolerance. */
export function expectClose(
  subject: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  precision: Precision,
  tolerance?: number,
): void {
  expectWithin([compared(subject, actual, expected, precision, tolerance)]);
}
