// Comma-separated values with a header, as spreadsheets and pandas write them (RFC 4180).
import { shortText, UserError } from '../../core/errors.ts';

/** A row of a table, and the line of the file that it starts in. */
interface CsvRow {
  readonly line: number;
  /** One for each column of the header. */
  readonly cells: readonly string[];
}

/** A table with a header. */
interface CsvTable {
  readonly columns: readonly string[];
  /** Can be read once; together, the rows of a large file would take several times its size in memory. */
  readonly rows: Iterable<CsvRow>;
}

/** The most columns; catalogues have a few hundred. */
const maxColumns = 2 ** 14;
/** The most lines, empty ones included. */
const maxLines = 2 ** 24;
const maxRowLength = 2 ** 26;

/**
 * The table in a text, given in blocks, which are read when they are needed. Cells may be quoted; empty lines are skipped,
 * and spaces around a cell are removed.
 *
 * @throws UserError (`invalid-data`) if a column has no name or the name of another, or there are too many; while the rows
 *   are read, if a quote is not closed, or a row has more or fewer cells than the header
 */
export function parseCsv(blocks: Iterable<string>, source: string): CsvTable {
  const rows = readRows(blocks, source);
  const header = rows.next().value;
  if (header === undefined) {
    throw new UserError('invalid-data', `${source}: it is empty: expected a header and rows`);
  }
  const columns = header.cells;
  requireHeader(columns, source);
  const seen = new Set<string>();
  columns.forEach((name, index) => {
    if (name === '' || seen.has(name)) {
      const problem = name === '' ? 'has no name' : `is a second '${shortText(name)}'`;
      throw new UserError(
        'invalid-data',
        `${source}: column ${index + 1} of the header ${problem}: rename it`,
      );
    }
    seen.add(name);
  });
  return { columns, rows: evenRows(rows, columns.length, source) };
}

/** The rows, which must have as many cells as the header. */
function* evenRows(rows: Iterable<CsvRow>, columns: number, source: string): Generator<CsvRow, void, void> {
  for (const row of rows) {
    if (row.cells.length !== columns) {
      throw new UserError(
        'invalid-data',
        `${source}:${row.line}: ${row.cells.length} cells, but the header has ${columns} columns`,
      );
    }
    yield row;
  }
}

/** Refuses what looks like a header, but isn't one: the first row of numbers, or columns that commas don't separate. */
function requireHeader(columns: readonly string[], source: string): void {
  if (columns.every(isNumber)) {
    throw new UserError(
      'invalid-data',
      `${source}: its first row has only numbers, ${shortText(columns.slice(0, 3).join(', '))}: add a header with the names of the columns`,
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
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

const [QUOTE, COMMA, NEWLINE] = [0x22, 0x2c, 0x0a];

/** The rows of a text, header first. Blocks may end anywhere, so the state of a row lives on between them. */
function* readRows(blocks: Iterable<string>, source: string): Generator<CsvRow, void, void> {
  const row = new RowReader(source);
  for (const block of blocks) {
    let from = 0;
    for (let index = 0; index < block.length; index++) {
      const code = block.charCodeAt(index);
      // Between quotes only a quote ends a piece: a cell of many small pieces would take many times its size.
      if (code !== QUOTE && (row.isQuoted || (code !== COMMA && code !== NEWLINE))) {
        row.line += code === NEWLINE ? 1 : 0;
        continue;
      }
      row.take(block.slice(from, index));
      from = index + 1;
      const cells = row.mark(code);
      if (cells !== undefined) {
        yield cells;
      }
    }
    row.take(block.slice(from));
  }
  const last = row.finish();
  if (last !== undefined) {
    yield last;
  }
}

/** Reads rows one by one; fed the texts between quotes, commas and newlines, and these characters. */
class RowReader {
  /** The line of the next character. */
  line = 1;
  readonly #source: string;
  /** The lines that the row and the cell start in. */
  #rowLine = 1;
  #cellLine = 1;
  #rowLength = 0;
  #cells: string[] = [];
  #cell = '';
  /** `ended` right after a quote that ends a cell, unless another follows: two are an escaped quote. */
  #state: 'plain' | 'quoted' | 'ended' | 'after' = 'plain';

  constructor(source: string) {
    this.#source = source;
  }

  /** Whether the next character is inside quotes. */
  get isQuoted(): boolean {
    return this.#state === 'quoted';
  }

  take(text: string): void {
    this.#rowLength += text.length + 1;
    if (this.#rowLength > maxRowLength) {
      throw this.#error('', `a row of more than ${maxRowLength} characters, or a quote that is not closed`);
    }
    if (text === '') {
      return;
    }
    if (this.#state === 'plain' || this.#state === 'quoted') {
      this.#cell += text;
    } else if (text.trim() === '') {
      this.#state = 'after';
    } else {
      throw this.#unclosed();
    }
  }

  /** Takes a quote, a comma or a newline; returns the row if that ends one that isn't empty. */
  mark(code: number): CsvRow | undefined {
    this.line += code === NEWLINE ? 1 : 0;
    if (code === QUOTE) {
      this.#quote();
    } else if (code === COMMA) {
      this.#endCell();
    } else {
      return this.#endRow();
    }
    return undefined;
  }

  /** The last row, if no newline has ended it. */
  finish(): CsvRow | undefined {
    if (this.#state === 'quoted') {
      throw this.#unclosed();
    }
    return this.#endRow();
  }

  #quote(): void {
    if (this.#state === 'quoted') {
      this.#state = 'ended';
    } else if (this.#state === 'ended') {
      this.#cell += '"';
      this.#state = 'quoted';
    } else if (this.#state === 'plain' && this.#cell.trim() === '') {
      this.#cell = '';
      this.#state = 'quoted';
    } else {
      throw this.#unclosed();
    }
  }

  #endCell(): void {
    this.#cells.push(this.#state === 'plain' ? this.#cell.trim() : this.#cell.replaceAll('\r\n', '\n'));
    if (this.#cells.length > maxColumns) {
      throw this.#error(`:${this.#rowLine}`, `more than ${maxColumns} columns: remove some`);
    }
    [this.#cell, this.#state, this.#cellLine] = ['', 'plain', this.line];
  }

  #endRow(): CsvRow | undefined {
    this.#endCell();
    const [cells, line] = [this.#cells, this.#rowLine];
    if (line > maxLines) {
      throw this.#error('', `more than ${maxLines} lines: remove empty ones`);
    }
    [this.#cells, this.#rowLine, this.#rowLength] = [[], this.line, 0];
    return cells.length > 1 || cells[0] !== '' ? { line, cells } : undefined;
  }

  #unclosed(): UserError {
    return this.#error(`:${this.#cellLine}`, 'a quote is not closed, or followed by other text');
  }

  #error(where: string, problem: string): UserError {
    return new UserError('invalid-data', `${this.#source}${where}: ${problem}`);
  }
}
