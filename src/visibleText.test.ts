// Invisible characters in a text are escaped, and everything else is unchanged.
import { expect, it } from 'vitest';
import { visibleLines, visibleText } from './visibleText.ts';

it.each([
  ['an escape sequence', '\u001b[31mred', '\\u001b[31mred'],
  ['one of a single character', '\u009b2J', '\\u009b2J'],
  ['ends of lines', 'a\nb\r\u2028\u2029', 'a\\u000ab\\u000d\\u2028\\u2029'],
  ['a tab, a bell, nothing, a deletion', '\t\u0007\u0000\u007f', '\\u0009\\u0007\\u0000\\u007f'],
  ['a text that is turned', 'gpj\u202egnp.exe', 'gpj\\u202egnp.exe'],
  ['half a character', 'a\ud800b', 'a\\ud800b'],
  ['what no XML may hold', '\uffff\ufffe', '\\uffff\\ufffe'],
])('shows %s', (_, text, shown) => {
  expect(visibleText(text)).toBe(shown);
  expect(visibleText(shown)).toBe(shown);
});

it.each(['größer/画像/😀/👩‍👧', 'a b', '', 'C:\\images'])('leaves %j unchanged', (text) => {
  expect(visibleText(text)).toBe(text);
});

it('keeps the line breaks of a text with several lines', () => {
  expect(visibleLines('a\n\u001bb\r\n')).toBe('a\n\\u001bb\\u000d\n');
});

it('preserves the meaning of JSON', () => {
  const value = { name: 'a\u001b\u009b\u2028\u202e\n\ud800' };
  expect(JSON.parse(visibleLines(JSON.stringify(value, null, 2)))).toEqual(value);
});
