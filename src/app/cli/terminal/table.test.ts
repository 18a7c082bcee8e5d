import { expect, test } from 'vitest';
import { formatTable, right } from './table.ts';

test('aligns columns without trailing spaces', () => {
  const text = formatTable(
    ['NAME', right('COUNT'), 'NOTE'],
    [
      ['a-long-name', '7', '1.5 ± .1'],
      ['𝑏', '1,234,567', ''],
      ['c', '0'],
      ['猫.png', '1', 'two columns a character'],
      ['e\u0301t\u00e9', '2', 'an accent apart and one that is not'],
    ],
  );
  expect(text.split('\n')).toEqual([
    'NAME             COUNT  NOTE',
    'a-long-name          7  1.5 ± .1',
    '𝑏            1,234,567',
    'c                    0',
    '猫.png               1  two columns a character',
    'e\u0301t\u00e9                  2  an accent apart and one that is not',
  ]);
});
