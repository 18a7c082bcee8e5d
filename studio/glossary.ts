// The definitions of docs/glossary.md, for the page's tooltips.
import { readFileSync } from 'node:fs';
import katex from 'katex';
import type { Plugin } from 'vite';
import { curlyApostrophes } from './apostrophes.ts';
import { virtualModule } from './virtualModule.ts';

/** The definitions as HTML by the names of their headings in links, as the module `virtual:glossary`. */
export function glossary(file: string): Plugin {
  const generate = (): string =>
    `export default ${JSON.stringify(parseDefinitions(readFileSync(file, 'utf8')))}`;
  return virtualModule('glossary', generate, [file]);
}

/** The definitions of a glossary in Markdown: a heading of level 2 for each term. */
export function parseDefinitions(markdown: string): Record<string, string> {
  const [, ...entries] = markdown.split(/^## /m);
  return Object.fromEntries(
    entries.map((entry) => {
      const [title, ...lines] = entry.trim().split('\n');
      const name = title!
        .toLowerCase()
        .replaceAll(' ', '-')
        .replaceAll(/[^\w-]/g, '');
      return [name, renderHtml(lines.join('\n').trim())];
    }),
  );
}

/** Markdown as HTML without links: a tooltip is too short-lived for them. */
function renderHtml(markdown: string): string {
  // Formulas first: in them, other characters have another meaning.
  return markdown
    .split(/(\$[^$]+\$)/)
    .map((part, index) =>
      index % 2 === 1
        ? // The page's policy forbids inline styles.
          katex.renderToString(part.slice(1, -1), { output: 'mathml' }).replaceAll(/ style="[^"]*"/g, '')
        : curlyApostrophes(part)
            .replaceAll('&', '&amp;')
            .replaceAll('<', '&lt;')
            // A reference to a document alone in brackets.
            .replaceAll(/ \(\[[^\]]*\]\([^)]*\)\)/g, '')
            .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
            .replaceAll(/`([^`]*)`/g, '<code>$1</code>'),
    )
    .join('');
}
