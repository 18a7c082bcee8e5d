// The code in documents that comes from the library's sources, and what of it the page shows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { type ExcerptName, places } from './rooms/how/places.ts';
import { virtualModule } from './virtualModule.ts';

/** Lines of a source file. */
export interface Excerpt {
  readonly file: string;
  readonly code: string;
}

/** The page's excerpts by name, as the module `virtual:excerpts`. `root` is the folder that holds `docs`. */
export function excerpts(root: string): Plugin {
  const pages = Object.values(places).map(([page]) => join(root, page));
  return virtualModule('excerpts', () => `export default ${JSON.stringify(readExcerpts(root))}`, pages);
}

/**
 * The page's excerpts by name.
 *
 * @throws if a document has no block of source code that begins as `places` says
 */
export function readExcerpts(root: string): Record<ExcerptName, Excerpt> {
  const named = Object.entries(places).map(([name, [page, start]]) => {
    const excerpt = sourceBlocks(readFileSync(join(root, page), 'utf8')).find(({ code }) =>
      code.startsWith(start),
    );
    if (!excerpt) {
      throw new Error(`${page} has no code of a source file that begins with '${start}'`);
    }
    return [name, excerpt] as const;
  });
  return Object.fromEntries(named) as Record<ExcerptName, Excerpt>;
}

/** The blocks of code in a document that name their source file after the language. */
export function sourceBlocks(markdown: string): Excerpt[] {
  return [...markdown.matchAll(/^```ts (\S+)\n([\s\S]*?)\n```$/gm)].map(([, file, code]) => ({
    file: file!,
    code: code!,
  }));
}
