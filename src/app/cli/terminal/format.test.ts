import { describe, expect, it } from 'vitest';
import { csvText, firstNames, formatBytes, formatDuration } from './format.ts';

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

it('firstNames names three, and counts the others', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(firstNames(names, [4])).toBe('e');
  expect(firstNames(names, [0, 2, 5])).toBe('a, c, f');
  expect(firstNames(names, [0, 2, 3, 4, 5])).toBe('a, c, d and 2 more');
});

describe('csvText', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+a', "'+a"],
    ['-b', "'-b"],
    ['@c', "'@c"],
    ['\td', String.raw`\u0009d`],
    ['=HYPERLINK("x",1)', '"\'=HYPERLINK(""x"",1)"'],
    ['a=b', 'a=b'],
    ['e\u001b[2J\n\u202egnp.exe', String.raw`e\u001b[2J\u000a\u202egnp.exe`],
    ['\uff1df', "'\uff1df"],
    [' =g', "' =g"],
    ['\u00a0+h', "'\u00a0+h"],
    ['\u3000@i', "'\u3000@i"],
    ['j;=k', '"j;=k"'],
    [' l', ' l'],
  ])('writes %j so that spreadsheets run no formula, and terminals obey nothing', (text, cell) => {
    expect(csvText(text)).toBe(cell);
  });
});
