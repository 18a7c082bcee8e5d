// Conditions in a CSV file: a number in each column of each row.
import { UserError } from '../../errors.ts';
import { textBlocks } from '../../storage/files.ts';
import { shortText } from '../../visibleText.ts';
import { isNumber, parseCsv } from '../formats/csv.ts';
import { type ConditionTable, maxRows } from './table.ts';

/** The column with the names of the images, in any case. */
const FILE_COLUMN = 'file';

/** The most bytes of a file: 256 MiB. */
const largestTable = 2 ** 28;
/** The most numbers in the columns that are used: 256 MiB. */
const maxNumbers = 2 ** 25;

/** A used column: its numbers, and its first cell that isn't one. */
interface NumberColumn {
  readonly values: number[];
  problem?: { readonly line: number; readonly text: string };
}

/**
 * Reads a CSV file of conditions.
 *
 * @param chosen the columns to use; by default all
 * @throws UserError (`invalid-data`) if it is corrupt or too large, or, when a column is used, if a cell in it is not a number
 */
export function readCsvTable(path: string, chosen?: readonly string[]): ConditionTable {
  const text = textBlocks(path, largestTable);
  try {
    return tableIn(text, path, chosen);
  } finally {
    // Closes the file, if an error left it open.
    text.return();
  }
}

function tableIn(text: Iterable<string>, path: string, chosen?: readonly string[]): ConditionTable {
  const { columns, rows } = parseCsv(text, path);
  const fileColumn = columns.findIndex((name) => name.toLowerCase() === FILE_COLUMN);
  const files: string[] = [];
  const wanted = new Set(chosen ?? columns);
  const used = new Map<number, NumberColumn>(
    columns.flatMap((name, column) =>
      column !== fileColumn && wanted.has(name) ? [[column, { values: [] }]] : [],
    ),
  );
  let count = 0;
  for (const { line, cells } of rows) {
    count++;
    if (count > maxRows || count * used.size > maxNumbers) {
      throw new UserError(
        'invalid-data',
        `${path}: more than ${count - 1} rows${used.size > 1 ? ` of ${used.size} columns` : ''}: keep only those of your images`,
      );
    }
    if (fileColumn !== -1) {
      files.push(cells[fileColumn]!);
    }
    for (const [column, numbers] of used) {
      const text = cells[column]!;
      const value = isNumber(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(Math.fround(value))) {
        numbers.problem ??= { line, text };
      }
      numbers.values.push(value);
    }
  }
  const open = (column: number): ((row: number) => readonly number[]) => {
    const { values, problem } = used.get(column)!;
    if (problem !== undefined) {
      const { line, text } = problem;
      const why = isNumber(text)
        ? 'too large for float32; scale the column'
        : `expected a number${chosen ? '' : ' (or list the columns to use in model.condition)'}`;
      throw new UserError(
        'invalid-data',
        `${path}:${line}: ${shortText(columns[column]!)} is '${shortText(text)}': ${why}`,
      );
    }
    return (row) => [values[row]!];
  };
  return {
    path,
    rows: count,
    ...(fileColumn !== -1 && { files }),
    columns: columns.flatMap((name, column) =>
      column === fileColumn ? [] : [{ name, shape: [], open: () => open(column) }],
    ),
  };
}
