// What the documents contain besides Markdown: formulas, excerpts of the sources, moving figures of the studio.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { katex } from '@mdit/plugin-katex';
import type MarkdownIt from 'markdown-it';
import { excerptOf } from '../studio/excerpts.ts';
import { places as studioPlaces } from '../studio/rooms/how/places.ts';
import { places as layerPlaces } from './places.ts';

const places = { ...studioPlaces, ...layerPlaces };

/** Sets formulas, `$…$` and blocks in the language `math`, by KaTeX, and leaves blocks without a language plain. */
export function extendMarkdown(parser: MarkdownIt): void {
  parser.use(katex, { delimiters: 'dollars', mathFence: true });
  // TypeDoc takes them for TypeScript; in these documents they are commands and what they print.
  parser.core.ruler.push('plain-blocks', ({ tokens }) => {
    for (const token of tokens.filter(({ type, info }) => type === 'fence' && info.trim() === '')) {
      token.info = 'text';
    }
  });
}

/**
 * Replaces the comments `excerpt: NAME` by the lines that `places` names, and `figure: NAME`, with the link on the line
 * after it, which is for readers of the file, by a frame with the figure of that section of the studio's room How it works.
 *
 * @param options.root the folder that holds `src` and `studio`
 * @param options.studio the address of the studio's folder, from the page
 * @throws if there is no such excerpt, its lines are no longer in the sources, there is no such section, or no link after
 * a figure
 */
export function withInserts(markdown: string, options: { root: string; studio: string }): string {
  const read = (file: string): string => readFileSync(join(options.root, file), 'utf8');
  return markdown
    .replace(/<!-- excerpt: (\w+) -->/g, (_, name: string) => {
      const place = Object.entries(places).find(([known]) => known === name)?.[1];
      if (place === undefined) {
        throw new Error(`there is no excerpt ${name}: site/places.ts lists those of the layers`);
      }
      const code = excerptOf(read(place.file), place);
      return `<p class="excerpt-file">${place.file}</p>\n\n\`\`\`ts\n${code}\n\`\`\``;
    })
    .replace(/<!-- figure: (\w+) -->\n(\[.+)?/g, (_, name: string, link?: string) => {
      const title = new RegExp(`\\{\\s*name: '${name}',\\s*title: '([^']+)'`).exec(
        read('studio/rooms/how/sections.ts'),
      )?.[1];
      if (title === undefined) {
        throw new Error(`the room How it works has no section ${name}`);
      }
      if (link === undefined) {
        throw new Error(`after the figure ${name} comes a line with a link, for readers of the file`);
      }
      return [
        `<iframe class="studio-figure" title="${title}" src="${options.studio}figure.html#${name}" loading="lazy"></iframe>`,
        `<p class="studio-figure-link"><a href="${options.studio}index.html#/how?section=${name}">${title}, in the studio</a></p>`,
      ].join('\n');
    });
}
