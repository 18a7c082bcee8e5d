// Parsing numbers, and counting things.
import { expect, it } from 'vitest';
import { MOST_SEED, numberIn, wholeIn } from './numbers.ts';

it('parses only whole numbers within their range', () => {
  const seeds = ['7', ' 8 ', '', ' ', '-1', '1.5', 'x', '1e3', '9007199254740993', undefined];
  expect(seeds.map((text) => wholeIn(text, 0, MOST_SEED))).toEqual([
    7,
    8,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    1000,
    undefined,
    undefined,
  ]);
  expect(['0', '1', '9', '10'].map((text) => wholeIn(text, 1, 9))).toEqual([undefined, 1, 9, undefined]);
});

it('parses no limit that is excluded', () => {
  expect(['0', '0.5', '1'].map((text) => numberIn(text, 0, 1, [1]))).toEqual([0, 0.5, undefined]);
  expect(['0', '0.0', '1'].map((text) => wholeIn(text, 0, 1, [0]))).toEqual([undefined, undefined, 1]);
});

it('parses fractions, but only finite numbers', () => {
  expect(['0.5', '-1', '2', 'NaN', 'Infinity'].map((text) => numberIn(text, 0, 1e9))).toEqual([
    0.5,
    undefined,
    2,
    undefined,
    undefined,
  ]);
});
