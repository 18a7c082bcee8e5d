// The rates of scores, against values by hand.
import { expect, it } from 'vitest';
import { ratesOf } from './rates.ts';

it('counts pairs in order, halves of equal ones, and the precision at each odd image', () => {
  expect(ratesOf([4, 3], [2, 1])).toEqual({ auc: 1, precision: 1, falseAlarms: 0 });
  expect(ratesOf([1, 2], [3, 4])).toEqual({ auc: 0, precision: (1 / 3 + 2 / 4) / 2, falseAlarms: 1 });
  expect(ratesOf([4, 2], [3, 1])).toEqual({ auc: 0.75, precision: (1 + 2 / 3) / 2, falseAlarms: 0.5 });
  expect(ratesOf([1, 1], [1, 1])).toEqual({ auc: 0.5, precision: 0.5, falseAlarms: 1 });
  expect(ratesOf([Number.POSITIVE_INFINITY], [5]).auc).toBe(1);
});
