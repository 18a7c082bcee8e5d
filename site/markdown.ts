// Extends Markdown by formulas, names of source files, and the studio's interactive figures.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { katex } from '@mdit/plugin-katex';
import type MarkdownIt from 'markdown-it';

/** The lists of figures, and the rooms of the studio that show them. */
const figurePages = [
  { file: 'studio/rooms/how/essay.ts', room: 'how' },
  { file: 'studio/rooms/how/reference.ts', room: 'how/layers' },
];

/** The most characters of code that stay on one line even on a phone. */
const SHORT_CODE = 32;

/** Renders formulas (`$…$` and `math` blocks) with KaTeX, leaves blocks without a language plain, makes cells of empty headers, and marks short code. */
export function extendMarkdown(parser: MarkdownIt): void {
  parser.use(katex, { delimiters: 'dollars', mathFence: true });
  // TypeDoc would highlight them as TypeScript; in these documents they are commands and their output.
  parser.core.ruler.push('plain-blocks', ({ tokens }) => {
    for (const token of tokens.filter(({ type, info }) => type === 'fence' && info.trim() === '')) {
      token.info = 'text';
    }
  });
  // A header without text would be read as an empty one.
  parser.core.ruler.push('empty-headers', ({ tokens }) => {
    for (const [index, { type, content }] of tokens.entries()) {
      if (type === 'inline' && content === '' && tokens[index - 1]!.type === 'th_open') {
        tokens[index - 1]!.tag = 'td';
        tokens[index + 1]!.tag = 'td';
      }
    }
  });
  parser.core.ruler.push('short-code', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type === 'code_inline' && token.content.length <= SHORT_CODE) {
        token.attrJoin('class', 'short');
      }
    }
  });
}

/**
 * Shows the source file of a block of code that names one after its language, and replaces comments `figure: NAME` by a
 * frame with the figure of that section of the studio's room How it works. The link on the line after a figure is for
 * readers of the file, and is removed.
 *
 * @param options.root the folder that contains `src` and `studio`
 * @param options.studio the address of the studio's folder, relative to the page
 * @throws if a section doesn't exist, or a figure isn't followed by a link
 */
export function withInserts(markdown: string, options: { root: string; studio: string }): string {
  const read = (file: string): string => readFileSync(join(options.root, file), 'utf8');
  return markdown
    .replace(/^```ts (src\/\S+)$/gm, '<p class="excerpt-file">$1</p>\n\n```ts')
    .replace(/<!-- figure: (\w+) -->\n(\[.+)?/g, (_, name: string, link?: string) => {
      const entry = new RegExp(`\\{\\s*name: '${name}',\\s*title: '([^']+)'`);
      const page = figurePages.find(({ file }) => entry.test(read(file)));
      if (page === undefined) {
        throw new Error(
          `unknown figure ${name}: ${figurePages.map(({ file }) => file).join(' and ')} list them`,
        );
      }
      const title = entry.exec(read(page.file))![1]!;
      if (link === undefined) {
        throw new Error(
          `no link after the figure ${name}: add one on the next line, for readers of the file`,
        );
      }
      return [
        `<iframe class="studio-figure" title="${title}" src="${options.studio}figure.html#${name}" loading="lazy"></iframe>`,
        `<p class="studio-figure-link"><a href="${options.studio}index.html#/${page.room}?section=${name}">${title}, in the studio</a></p>`,
      ].join('\n');
    });
}
