// Tables in Markdown, for model cards and reports.

/** The lines of a table in Markdown: the titles, then one line a row; no line break at the end. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('\n');
}
