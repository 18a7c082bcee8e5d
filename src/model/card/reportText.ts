// Text in reports: Markdown, and standard errors.
import { visibleText } from '../../core/errors.ts';

/** Markdown that shows a text literally, on one line: it cannot produce code, links, images, table cells or HTML. */
export function markdownText(text: string): string {
  return visibleText(text)
    .replace(/[\\`*_[\]<>|~&@]/g, '\\$&')
    .replace(/:(?=\/\/)|(?<=\bwww)\./gi, '\\$&');
}

/** The lines of a table in Markdown: the titles, then one line a row; no line break at the end. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('\n');
}

/** A standard error with four decimals; one that they cannot show, or that is exactly 0, is not called 0.0000. */
export function errorText(error: number): string {
  if (error === 0) {
    return '0';
  }
  return Math.abs(error) < 0.00005 ? '<0.0001' : error.toFixed(4);
}
