// Conditions in a CSV file: a number in each column of each row.
import { UserError } from '../../errors.ts';
import { readText } from '../../storage/files.ts';
import { isNumber, parseCsv } from '../formats/csv.ts';
import type { ConditionTable } from './table.ts';

/** The column with the names of the images, in any case. */
const FILE_COLUMN = 'file';

/** The most bytes of a file: 256 MiB. */
const largestTable = 2 ** 28;

/**
 * Reads a CSV file of conditions.
 *
 * @param isChosen whether the columns to use are chosen
 * @throws UserError (`invalid-data`) if it is corrupt, or, when a column is used, if a cell in it is not a number
 */
export function readCsvTable(path: string, isChosen: boolean): ConditionTable {
  const { columns, rows } = parseCsv(readText(path, largestTable), path);
  const fileColumn = columns.findIndex((name) => name.toLowerCase() === FILE_COLUMN);
  const files = fileColumn === -1 ? undefined : rows.map(({ cells }) => cells[fileColumn]!);
  const open = (column: number): ((row: number) => Float64Array) => {
    const numbers = Float64Array.from(rows, ({ line, cells }) => {
      const text = cells[column]!;
      const value = isNumber(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(Math.fround(value))) {
        const why = Number.isNaN(value)
          ? `expected a number${isChosen ? '' : ' (or list the columns to use in model.condition)'}`
          : 'too large for float32; scale the column';
        throw new UserError('invalid-data', `${path}:${line}: ${columns[column]} is '${text}': ${why}`);
      }
      return value;
    });
    return (row) => numbers.subarray(row, row + 1);
  };
  return {
    path,
    rows: rows.length,
    ...(files && { files }),
    columns: columns.flatMap((name, column) =>
      column === fileColumn ? [] : [{ name, shape: [], open: () => open(column) }],
    ),
  };
}
