import { describe, expect, it } from 'vitest';
import {
  firstNames,
  formatBytes,
  formatCount,
  formatDuration,
  formatExpected,
  formatFixed,
  formatMilliseconds,
  formatRate,
  formatSpread,
} from './format.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [0.35, '350ms'],
    [0.9996, '1s'],
    [4.24, '4.2s'],
    [5, '5s'],
    [9.96, '10s'],
    [59.4, '59s'],
    [59.7, '1m 0s'],
    [72, '1m 12s'],
    [3599.6, '1h 0m'],
    [3 * 3600 + 5 * 60 + 29, '3h 5m'],
    [24 * 3600 - 20, '1d 0h'],
    [(2 * 24 + 7) * 3600, '2d 7h'],
    [Number.POSITIVE_INFINITY, 'unknown'],
    [Number.NaN, 'unknown'],
  ])('%f s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('formatFixed', () => {
  it('prints no negative zero', () => {
    expect([-0.001, -0.006, 0, 12.345].map((value) => formatFixed(value, 2))).toEqual([
      '0.00',
      '-0.01',
      '0.00',
      '12.35',
    ]);
  });
});

describe('formatExpected', () => {
  it('rounds numbers that depend on chance', () => {
    expect([0.01, 0.44, 1, 2.46, 12.6, 1200].map(formatExpected)).toEqual([
      'fewer than 1',
      'fewer than 1',
      'about 1',
      'about 2.5',
      'about 13',
      'about 1,200',
    ]);
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [12.34 * 1024 ** 2, '12.3 MiB'],
    [128 * 1024 ** 2, '128 MiB'],
    [3 * 1024 ** 3, '3.0 GiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%f bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [44_235_472, '44,235,472'],
  ])('%i is %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});

describe('formatRate', () => {
  it.each([
    [0.517, '0.52'],
    [9.996, '10.0'],
    [31.42, '31.4'],
    [99.96, '100'],
    [812.3, '812'],
    [12_345.6, '12,346'],
  ])('%f per second is %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });
});

it('formatSpread shows a median and its range in the same format', () => {
  expect(formatSpread(0.0123, [0.01, 1.5], (seconds) => formatMilliseconds(seconds, 1))).toBe(
    '12.3 (10.0 to 1500.0)',
  );
});

it('firstNames names three, and counts the others', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(firstNames(names, [4])).toBe('e');
  expect(firstNames(names, [0, 2, 5])).toBe('a, c, f');
  expect(firstNames(names, [0, 2, 3, 4, 5])).toBe('a, c, d and 2 more');
});
