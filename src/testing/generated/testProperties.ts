import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptCases } from './failures.ts';
import type { AnyProperty } from './property.ts';

/** Registers a test of each property: the kept cases, then the first cases of a fixed seed. */
export function testProperties(properties: readonly AnyProperty[]): void {
  for (const property of properties) {
    test(property.name, async () => {
      for (const testCase of keptCases(property)) {
        await property.check(testCase);
      }
      await fc.assert(
        fc.asyncProperty(property.cases, async (testCase) => property.check(testCase)),
        { seed: 1, numRuns: property.tries },
      );
      expect(property.tries).toBeGreaterThan(0);
    });
  }
}
