// CSV tables: as pandas and spreadsheets write them, and what is refused with the line.
import { expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

/** The cells of a text, which doesn't depend on where its blocks end. */
const parseCells = (text: string, length = text.length) => {
  const blocks = [];
  for (let start = 0; start < text.length; start += length) {
    blocks.push(text.slice(start, start + length));
  }
  return [...parseCsv(blocks, 'a.csv').rows].map(({ cells }) => cells);
};

it.each<[string, string, string[][]]>([
  ['no newline at the end', 'a,b\n1,2', [['1', '2']]],
  [
    'carriage returns and a byte order mark',
    '\uFEFFa,b\r\n1,2\r\n3,4\r\n',
    [
      ['1', '2'],
      ['3', '4'],
    ],
  ],
  [
    'empty lines and cells',
    'a,b\n\n1,\n,2\n\n',
    [
      ['1', ''],
      ['', '2'],
    ],
  ],
  ['an empty last cell without newline', 'a,b\n1,', [['1', '']]],
  [
    'quotes, commas and newlines in cells',
    'a,b\n"x, ""y""","two\nlines"\n1, 2 \n',
    [
      ['x, "y"', 'two\nlines'],
      ['1', '2'],
    ],
  ],
  ['no rows', 'a,b\n', []],
  ['one column', 'a\n1\n2\n', [['1'], ['2']]],
])('reads %s', (_, text, expected) => {
  expect(parseCells(text)).toEqual(expected);
  for (let length = 1; length < text.length; length++) {
    expect(parseCells(text, length)).toEqual(expected);
  }
});

it('reads rows of any length and number in linear time', () => {
  const long = ' '.repeat(1_000_000);
  const columns = Array.from({ length: 10_000 }, (_, column) => `c${column}`).join();
  expect(parseCells(`a\n${long}x${long}\n`)).toEqual([['x']]);
  expect(parseCells(`a\n"${'""'.repeat(1_000_000)}"\n`)[0]![0]).toHaveLength(1_000_000);
  expect(parseCells(`${columns}\n${columns}`)[0]).toHaveLength(10_000);
  expect(() => parseCells(`a\n${`${long}"`.repeat(20)}`)).toThrow('a.csv:2: a quote is not closed');
  expect(() => parseCells(`a\n"${'x'.repeat(2 ** 26)}`, 2 ** 20)).toThrow(
    'a.csv: a row of more than 67108864',
  );
  expect(() => parseCells(`a\n${'\n'.repeat(2 ** 24)}`, 2 ** 20)).toThrow('a.csv: more than 16777216 lines');
  expect(() => parseCells(','.repeat(1_000_000))).toThrow('a.csv:1: more than 16384 columns: remove some');
});

it('counts the line where each row starts', () => {
  const text = 'a,b\n"1\n1",2\n\n3,4\n';
  for (const blocks of [[text], [...text]]) {
    const { columns, rows } = parseCsv(blocks, 'a.csv');
    expect(columns).toEqual(['a', 'b']);
    expect([...rows].map(({ line }) => line)).toEqual([2, 5]);
  }
});

it.each([
  ['', 'a.csv: it is empty'],
  ['a,a\n', "a.csv: column 2 of the header is a second 'a': rename it"],
  ['a,,b\n', 'a.csv: column 2 of the header has no name: rename it'],
  ['a,b\n1,2\n1,2,3\n', 'a.csv:3: 3 cells, but the header has 2 columns'],
  ['1.5,-2e3\n3,4\n', 'a.csv: its first row has only numbers, 1.5, -2e3: add a header'],
  ['a;b\n1;2\n', 'a.csv: its columns are separated by semicolons: separate them by commas'],
  ['a\tb\n1\t2\n', 'a.csv: its columns are separated by tabs: separate them by commas'],
  ['a,b\n1,"2\n', 'a.csv:2: a quote is not closed'],
  ['a,b\n1,"2"x\n', 'a.csv:2: a quote is not closed, or followed by other text'],
])('refuses %j', (text, message) => {
  expect(() => parseCells(text)).toThrow(message);
  expect(() => parseCells(text, 1)).toThrow(message);
});
