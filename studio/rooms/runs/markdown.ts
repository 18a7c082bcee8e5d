// Very simple Markdown: what a model card is made of. Everything in it is text, whatever it looks like.

/** A part of a text. */
export type Block =
  | { readonly kind: 'heading' | 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] };

/** The parts of a text: headings, code, lists, tables and paragraphs; pictures are left out. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; ) {
    const taken = (matches: (line: string) => boolean): string[] => {
      const begin = at;
      while (at < lines.length && matches(lines[at]!)) {
        at++;
      }
      return lines.slice(begin, at);
    };
    const line = lines[at]!;
    if (line.startsWith('```')) {
      at++;
      blocks.push({ kind: 'code', text: taken((one) => !one.startsWith('```')).join('\n') });
      at++;
    } else if (/^#{1,6} /.test(line)) {
      at++;
      blocks.push({ kind: 'heading', text: plain(line.replace(/^#+ /, '')) });
    } else if (line.startsWith('|')) {
      const rows = taken((one) => one.startsWith('|')).map(cellsOf);
      // The second row only draws a line.
      const shown = rows.filter((row) => !row.every((cell) => /^:?-*:?$/.test(cell)));
      if (shown.length > 0) {
        blocks.push({ kind: 'table', rows: shown.map((row) => row.map(plain)) });
      }
    } else if (/^[-*] /.test(line)) {
      const items = taken((one) => /^[-*] /.test(one)).map((one) => plain(one.slice(2)));
      blocks.push({ kind: 'list', items });
    } else if (line.trim() === '') {
      at++;
    } else {
      const text = plain(taken((one) => one.trim() !== '' && !/^(```|#{1,6} |\||[-*] )/.test(one)).join(' '));
      if (text !== '') {
        blocks.push({ kind: 'text', text });
      }
    }
  }
  return blocks;
}

/** The cells of a row; an escaped bar is none. */
function cellsOf(row: string): string[] {
  return row
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** A text without pictures, with the words of its links, and what was escaped as it is. */
function plain(text: string): string {
  return text
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/(?<!\\)\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(?<!\\)[*`]/g, '')
    .replace(/\\([\\`*_[\]<>|~&@:.])/g, '$1')
    .trim();
}
