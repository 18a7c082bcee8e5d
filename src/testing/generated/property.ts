// Generated tests: statements about all cases of a kind, which machines try to refute. `npm test` tries the same few cases
// each time and the cases of `golden/found`, which once failed; `npm run fuzz` tries new cases until the time is up.
import type fc from 'fast-check';

/** What generated cases are about; `npm run fuzz -- --only <topic>` tries one. */
export const topics = ['tensors', 'flows', 'models', 'data', 'commands', 'codec'] as const;
type Topic = (typeof topics)[number];

/** A statement about every case of a kind. */
export interface Property<Case> {
  readonly topic: Topic;
  /** The statement, as the name of a test. */
  readonly name: string;
  /**
   * Draws a case and shrinks one that fails. A case is data alone (no functions, no classes), so that it can be kept in a
   * file: objects, arrays, texts, booleans and any numbers.
   */
  readonly cases: fc.Arbitrary<Case>;
  /** Cases that `npm test` tries. */
  readonly tries: number;
  /** @throws if the statement is false of the case */
  check(testCase: Case): void | Promise<void>;
}

/** A property of any cases, for lists of properties. */
// biome-ignore lint/suspicious/noExplicitAny: each property draws the cases that it checks.
export type AnyProperty = Property<any>;

/** Numbers that JSON lacks, by their names in a kept case: `{"number": "NaN"}`. */
const specialNumbers = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

/** A case as JSON, with NaN, infinities and -0 as `{"number": …}`. */
export function caseToJson(testCase: unknown): string {
  return JSON.stringify(
    testCase,
    (_, value: unknown) =>
      typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
        ? { number: Object.is(value, -0) ? '-0' : String(value) }
        : value,
    2,
  );
}

/** The case that `caseToJson` wrote. */
export function caseFromJson(json: string): unknown {
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'number' in value
      ? (specialNumbers.get(value.number) ?? value)
      : value,
  );
}
