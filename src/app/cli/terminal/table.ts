// Plain-text tables: columns aligned with spaces, without rules.
import stringWidth from 'string-width';
import { visibleText } from '../../../core/visibleText.ts';

/** A column of a table. */
interface Column {
  readonly title: string;
  /** Numbers read best with 'right'; 'left' by default. */
  readonly align?: 'left' | 'right';
}

/** A table as text, with the lines of `tableLines`. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  return tableLines(columns, rows).join('\n');
}

/** The lines of a table: the titles, then one line per row, two spaces between columns and none at the end. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(visibleText))];
  const widths = columns.map((_, index) =>
    lines.reduce((width, line) => Math.max(width, stringWidth(line[index] ?? '')), 0),
  );
  return lines.map((line) =>
    columns
      .map(({ align }, index) => {
        const cell = line[index] ?? '';
        const padding = ' '.repeat(widths[index]! - stringWidth(cell));
        return align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}
