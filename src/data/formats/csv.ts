// Comma-separated values with a header, as spreadsheets and pandas write them (RFC 4180).
import { UserError } from '../../core/errors.ts';
import { shortText } from '../../core/visibleText.ts';

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
/** The most characters of a row, and what follows it up to the end of its block. */
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

/** The rows of a text, header first; scanned without regular expressions, which overflow the stack in long cells. */
function* readRows(blocks: Iterable<string>, source: string): Generator<CsvRow, void, void> {
  let line = 1;
  for (const text of wholeRows(blocks, source)) {
    const scanner = new CellScanner(text, source, line);
    while (!scanner.isAtEnd) {
      ({ line } = scanner);
      if (line > maxLines) {
        throw new UserError('invalid-data', `${source}: more than ${maxLines} lines: remove empty ones`);
      }
      const cells: string[] = [];
      do {
        cells.push(scanner.readCell());
        if (cells.length > maxColumns) {
          throw new UserError(
            'invalid-data',
            `${source}:${line}: more than ${maxColumns} columns: remove some`,
          );
        }
      } while (scanner.lastEnd === ',');
      if (cells.length > 1 || cells[0] !== '') {
        yield { line, cells };
      }
    }
    ({ line } = scanner);
  }
}

/** The same text in parts that end where a row does: with a newline outside of quotes, or the text. */
function* wholeRows(blocks: Iterable<string>, source: string): Generator<string, void, void> {
  let pending = '';
  let isQuoted = false;
  for (const block of blocks) {
    let end = 0;
    for (let start = 0, quote = 0; quote !== -1; start = quote + 1) {
      quote = block.indexOf('"', start);
      const newline = isQuoted ? -1 : block.slice(start, quote === -1 ? undefined : quote).lastIndexOf('\n');
      end = newline === -1 ? end : start + newline + 1;
      isQuoted = quote === -1 ? isQuoted : !isQuoted;
    }
    if (pending.length + block.length > maxRowLength) {
      throw new UserError(
        'invalid-data',
        `${source}: a row of more than ${maxRowLength} characters, or a quote that is not closed`,
      );
    }
    if (end > 0) {
      yield pending + block.slice(0, end);
      pending = block.slice(end);
    } else {
      pending += block;
    }
  }
  if (pending !== '') {
    yield pending;
  }
}

/** Reads the cells of a text, one after the other. */
class CellScanner {
  readonly #text: string;
  readonly #source: string;
  #position: number;
  /**
   * The next comma and the next end of a line, or the end of the text. They are kept: searching again for each cell of a file
   * without commas would read it to its end.
   */
  #comma = -1;
  #newline = -1;
  /** The line of the next cell. */
  line: number;
  /** The character after the last cell: `''` at the end of the text. */
  lastEnd: ',' | '\n' | '' = '\n';

  /** @param line the line of the first cell */
  constructor(text: string, source: string, line: number) {
    this.#text = text;
    this.#source = source;
    this.line = line;
    this.#position = line === 1 && text.startsWith('\uFEFF') ? 1 : 0;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  readCell(): string {
    const text = this.#text;
    const start = this.#skipBlanks(this.#position);
    if (text[start] !== '"') {
      const end = this.#endFrom(start);
      const cell = text.slice(this.#position, end);
      if (cell.includes('"')) {
        throw this.#unclosed();
      }
      this.#finish(end);
      return cell.trim();
    }
    let quote = text.indexOf('"', start + 1);
    while (quote !== -1 && text[quote + 1] === '"') {
      quote = text.indexOf('"', quote + 2);
    }
    const end = quote === -1 ? -1 : this.#skipBlanks(quote + 1);
    if (quote === -1 || (end < text.length && text[end] !== ',' && text[end] !== '\n')) {
      throw this.#unclosed();
    }
    const cell = text
      .slice(start + 1, quote)
      .replaceAll('\r\n', '\n')
      .replaceAll('""', '"');
    for (
      let newline = text.indexOf('\n', start);
      newline !== -1 && newline < quote;
      newline = text.indexOf('\n', newline + 1)
    ) {
      this.line++;
    }
    this.#finish(end);
    return cell;
  }

  /** The next position of a newline or a character that isn't a space. */
  #skipBlanks(from: number): number {
    let position = from;
    while (position < this.#text.length && isBlank(this.#text[position]!)) {
      position++;
    }
    return position;
  }

  /** The end of the unquoted cell around a position. */
  #endFrom(position: number): number {
    this.#comma = this.#next(',', this.#comma, position);
    this.#newline = this.#next('\n', this.#newline, position);
    return Math.min(this.#comma, this.#newline);
  }

  #next(character: string, knownPosition: number, position: number): number {
    if (knownPosition >= position) {
      return knownPosition;
    }
    const next = this.#text.indexOf(character, position);
    return next === -1 ? this.#text.length : next;
  }

  #finish(end: number): void {
    this.lastEnd = (this.#text[end] ?? '') as typeof this.lastEnd;
    this.line += this.lastEnd === '\n' ? 1 : 0;
    this.#position = end + 1;
  }

  #unclosed(): UserError {
    return new UserError(
      'invalid-data',
      `${this.#source}:${this.line}: a quote is not closed, or followed by other text`,
    );
  }
}

function isBlank(character: string): boolean {
  return character !== '\n' && character.trim() === '';
}
