// Plain-text tables: columns aligned with spaces, without rules.
import stringWidth from 'string-width';
import { visibleText } from '../../../core/errors.ts';

/** The title of a column; aligned to the left, unless it is made by `right`. */
type Column = string | { readonly right: string };

/** A column that is aligned to the right, for numbers. */
export function right(title: string): Column {
  return { right: title };
}

/** A table as text, with the lines of `tableLines`. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  return tableLines(columns, rows).join('\n');
}

/** The lines of a table: the titles, then one line per row, two spaces between columns and none at the end. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [
    columns.map((column) => (typeof column === 'string' ? column : column.right)),
    ...rows.map((row) => row.map(visibleText)),
  ];
  const widths = columns.map((_, index) =>
    lines.reduce((width, line) => Math.max(width, stringWidth(line[index] ?? '')), 0),
  );
  return lines.map((line) =>
    columns
      .map((column, index) => {
        const cell = line[index] ?? '';
        const padding = ' '.repeat(widths[index]! - stringWidth(cell));
        return typeof column === 'string' ? cell + padding : padding + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}
