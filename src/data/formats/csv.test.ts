// CSV tables: as pandas and spreadsheets write them, and what is refused with the line.
import { expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

const cellsOf = (text: string) => [...parseCsv(text, 'a.csv').rows].map(({ cells }) => cells);

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
  expect(cellsOf(text)).toEqual(expected);
});

it('reads rows of any length and number in linear time', () => {
  const long = ' '.repeat(1_000_000);
  const columns = Array.from({ length: 10_000 }, (_, column) => `c${column}`).join();
  expect(cellsOf(`a\n${long}x${long}\n`)).toEqual([['x']]);
  expect(cellsOf(`a\n"${'""'.repeat(1_000_000)}"\n`)[0]![0]).toHaveLength(1_000_000);
  expect(cellsOf(`${columns}\n${columns}`)[0]).toHaveLength(10_000);
  expect(() => cellsOf(`a\n${`${long}"`.repeat(20)}`)).toThrow('a.csv:2: a quote is not closed');
  expect(() => cellsOf(','.repeat(1_000_000))).toThrow('a.csv:1: more than 16384 columns: remove some');
});

it('knows the line in which each row starts', () => {
  const { columns, rows } = parseCsv('a,b\n"1\n1",2\n\n3,4\n', 'a.csv');
  expect(columns).toEqual(['a', 'b']);
  expect([...rows].map(({ line }) => line)).toEqual([2, 5]);
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
  expect(() => cellsOf(text)).toThrow(message);
});
