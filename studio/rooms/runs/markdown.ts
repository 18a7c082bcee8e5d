// Parses the Markdown of model cards into plain text blocks, never HTML.

/** A block of text. */
export type Block =
  | { readonly kind: 'heading' | 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] };

/** Splits Markdown into headings, code, lists, tables and paragraphs, without pictures. */
export function parseBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let position = 0; position < lines.length; ) {
    const takeWhile = (matches: (line: string) => boolean): string[] => {
      const begin = position;
      while (position < lines.length && matches(lines[position]!)) {
        position++;
      }
      return lines.slice(begin, position);
    };
    const line = lines[position]!;
    if (line.startsWith('```')) {
      position++;
      blocks.push({ kind: 'code', text: takeWhile((text) => !text.startsWith('```')).join('\n') });
      position++;
    } else if (/^#{1,6} /.test(line)) {
      position++;
      blocks.push({ kind: 'heading', text: plain(line.replace(/^#+ /, '')) });
    } else if (line.startsWith('|')) {
      const rows = takeWhile((text) => text.startsWith('|')).map(splitCells);
      // Skip the row that separates the header.
      const shown = rows.filter((row) => !row.every((cell) => /^:?-*:?$/.test(cell)));
      if (shown.length > 0) {
        blocks.push({ kind: 'table', rows: shown.map((row) => row.map(plain)) });
      }
    } else if (/^[-*] /.test(line)) {
      const items = takeWhile((text) => /^[-*] /.test(text)).map((text) => plain(text.slice(2)));
      blocks.push({ kind: 'list', items });
    } else if (line.trim() === '') {
      position++;
    } else {
      const text = plain(
        takeWhile((candidate) => candidate.trim() !== '' && !/^(```|#{1,6} |\||[-*] )/.test(candidate)).join(
          ' ',
        ),
      );
      if (text !== '') {
        blocks.push({ kind: 'text', text });
      }
    }
  }
  return blocks;
}

/** Splits a row at unescaped bars. */
function splitCells(row: string): string[] {
  return row
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** Text without pictures, link addresses, emphasis and escapes. */
function plain(text: string): string {
  const withoutPictures = replaceLinks(text, '![', () => '');
  return replaceLinks(withoutPictures, '[', (label) => label)
    .replace(/(?<!\\)[*`]/g, '')
    .replace(/\\([\\`*_[\]<>|~&@:.])/g, '$1')
    .trim();
}

/**
 * Replaces links or pictures, `[label](address)` with this start. Cards come from anyone: each character is searched once for
 * each bracket, where a regular expression would begin again at every start.
 */
function replaceLinks(text: string, start: '![' | '[', replacement: (label: string) => string): string {
  const parts: string[] = [];
  let from = 0;
  let open = text.indexOf(start);
  while (open !== -1) {
    const isEscaped = start === '[' && text[open - 1] === '\\';
    const label = open + start.length;
    const close = isEscaped ? open : text.indexOf(']', label);
    const end = isEscaped || text[close + 1] !== '(' ? -1 : text.indexOf(')', close + 2);
    if (close === -1 || (end === -1 && text[close + 1] === '(')) {
      break;
    }
    if (end !== -1) {
      parts.push(text.slice(from, open), replacement(text.slice(label, close)));
      from = end + 1;
    }
    // Up to an end without an address, no other start has one.
    open = text.indexOf(start, end === -1 ? close + 1 : from);
  }
  return parts.join('') + text.slice(from);
}
