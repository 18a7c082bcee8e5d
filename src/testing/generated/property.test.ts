import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caseFromJson, caseToJson } from './property.ts';

const numbers = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, Number.NEGATIVE_INFINITY));
const texts = fc.oneof(fc.string(), fc.constantFrom('NaN', '-0', 'Infinity'));

test('a case survives its file', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(texts, fc.oneof(numbers, texts, fc.array(numbers)))), (testCase) => {
      fc.pre(testCase.every((record) => !Object.hasOwn(record, 'number')));
      expect(caseFromJson(caseToJson(testCase))).toStrictEqual(testCase.map((record) => ({ ...record })));
    }),
    { seed: 1 },
  );
});
