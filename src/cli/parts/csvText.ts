// Texts in CSV files, which spreadsheets open.
import { visibleText } from '../../visibleText.ts';

/**
 * A text as a CSV field on one line: quoted if necessary, its control and bidirectional characters escaped, and marked
 * as text where a spreadsheet would take it for a formula.
 */
export function csvText(text: string): string {
  const visible = visibleText(text);
  const isFormula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(visible) && !Number.isFinite(Number(visible));
  const shown = isFormula ? `'${visible}` : visible;
  // Some spreadsheets separate fields at semicolons.
  return /[",;]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
