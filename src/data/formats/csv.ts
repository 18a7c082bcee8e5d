// Comma-separated values with a header, as spreadsheets and pandas write them (RFC 4180).
import { UserError } from '../../errors.ts';

/** A row of a table, and the line of the file that it starts in. */
interface CsvRow {
  readonly line: number;
  /** One for each column of the header. */
  readonly cells: readonly string[];
}

/** A table with a header. */
interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

/**
 * The table in a text. Cells may be quoted; empty lines are skipped, and spaces around a cell are removed.
 *
 * @param source the file, for errors
 * @throws UserError (`invalid-data`) if a quote is not closed, a column has no name or that of another, or a row has more
 *   or fewer cells than the header
 */
export function parseCsv(text: string, source: string): CsvTable {
  const [header, ...rows] = rowsOf(text.replace(/^\uFEFF/, ''), source);
  if (header === undefined) {
    throw new UserError('invalid-data', `${source}: it is empty: expected a header and a row for each image`);
  }
  const columns = header.cells;
  requireHeader(columns, source);
  const wrong = columns.findIndex((name, index) => name === '' || columns.indexOf(name) !== index);
  if (wrong !== -1) {
    const what = columns[wrong] === '' ? 'has no name' : `is a second '${columns[wrong]}'`;
    throw new UserError('invalid-data', `${source}: column ${wrong + 1} of the header ${what}: rename it`);
  }
  const uneven = rows.find(({ cells }) => cells.length !== columns.length);
  if (uneven) {
    throw new UserError(
      'invalid-data',
      `${source}:${uneven.line}: ${uneven.cells.length} cells, but the header has ${columns.length} columns`,
    );
  }
  return { columns, rows };
}

/** Refuses what looks like a header, but isn't one: the first row of numbers, or columns that commas don't separate. */
function requireHeader(columns: readonly string[], source: string): void {
  if (columns.every(isNumber)) {
    throw new UserError(
      'invalid-data',
      `${source}: its first row has only numbers, ${columns.slice(0, 3).join(', ')}: add a header with the names of the columns`,
    );
  }
  const [separator] = (columns.length === 1 && /[;\t]/.exec(columns[0]!)) || [];
  if (separator !== undefined) {
    throw new UserError(
      'invalid-data',
      `${source}: its columns are separated by ${separator === ';' ? 'semicolons' : 'tabs'}: separate them by commas`,
    );
  }
}

/** Whether a cell is a decimal number. */
export function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

/** A cell with what ends it: quoted, or plain. */
const cell = /(?:[^\S\n]*"((?:[^"]|"")*)"[^\S\n]*|([^,"\n]*))(,|\n|$)/y;

function rowsOf(text: string, source: string): CsvRow[] {
  const rows: CsvRow[] = [];
  const all = text.replaceAll('\r\n', '\n');
  let line = 1;
  let start = line;
  let cells: string[] = [];
  for (cell.lastIndex = 0; cell.lastIndex < all.length; ) {
    const at = cell.lastIndex;
    const found = cell.exec(all);
    if (found === null) {
      throw new UserError(
        'invalid-data',
        `${source}:${line}: a quote is not closed, or followed by other text`,
      );
    }
    const [whole, quoted, plain = '', end] = found;
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    line += whole.split('\n').length - 1;
    const isLast = cell.lastIndex === all.length;
    if (end === ',' && isLast) {
      cells.push('');
    }
    if (end === '\n' || isLast) {
      if (cells.length > 1 || cells[0] !== '') {
        rows.push({ line: start, cells });
      }
      [cells, start] = [[], line];
    }
    // An empty match at the end would repeat for ever.
    if (cell.lastIndex === at) {
      break;
    }
  }
  return rows;
}
