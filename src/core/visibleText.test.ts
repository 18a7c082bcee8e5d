// Invisible characters in a text are escaped, and everything else is unchanged.
import { expect, it } from 'vitest';
import { messageLine, shortText, visibleLines, visibleText } from './visibleText.ts';

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

it('makes a message one line of bounded length', () => {
  expect(messageLine('a \n\n  b\n\u001bc')).toBe('a b \\u001bc');
  expect(messageLine('a\r\nb ')).toBe('a b ');
  const message = messageLine(`x.tar: ${' '.repeat(1_000_000)}\n${' '.repeat(1_000_000)}; use another copy`);
  expect(message).toHaveLength(1000);
  expect(message).toMatch(/^x.tar: .*… {2}.*; use another copy$/);
});

it('leaves out the middle of a long text', () => {
  expect(shortText('abcdefghij', 7)).toBe('abcd…ij');
  expect(shortText('abcdefg', 7)).toBe('abcdefg');
});

it('preserves the meaning of JSON', () => {
  const value = { name: 'a\u001b\u009b\u2028\u202e\n\ud800' };
  expect(JSON.parse(visibleLines(JSON.stringify(value, null, 2)))).toEqual(value);
});
