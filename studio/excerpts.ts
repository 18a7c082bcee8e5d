// Excerpts of the library's sources, cut out at build time so that the page always shows the current code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { type ExcerptPlace, places } from './rooms/how/places.ts';

const MODULE = 'virtual:excerpts';

/** The excerpts by name, as the module `virtual:excerpts`. `root` is the folder that holds `src`. */
export function excerpts(root: string): Plugin {
  const resolved = `\0${MODULE}`;
  return {
    name: 'excerpts',
    resolveId: (id) => (id === MODULE ? resolved : null),
    load(id) {
      if (id !== resolved) {
        return null;
      }
      const cut = Object.entries(places).map(([name, excerpt]) => {
        const file = join(root, excerpt.file);
        this.addWatchFile(file);
        return [name, { file: excerpt.file, code: extractExcerpt(readFileSync(file, 'utf8'), excerpt) }];
      });
      return `export default ${JSON.stringify(Object.fromEntries(cut))}`;
    },
  };
}

/**
 * The lines starting with the first that contains `from` to the next that begins with `to`, without their common indentation.
 *
 * @throws unless exactly one line contains `from`, a later one begins with `to`, and the last statement is complete
 */
export function extractExcerpt(source: string, { file, from, to }: ExcerptPlace): string {
  const lines = source.split('\n');
  const begins = lines.flatMap((line, index) => (line.includes(from) ? [index] : []));
  const [begin] = begins;
  if (begin === undefined || begins.length > 1) {
    throw new Error(`${begins.length} lines of ${file} contain '${from}': the excerpt needs exactly one`);
  }
  const length = lines.slice(begin).findIndex((line) => line.startsWith(to));
  if (length === -1) {
    throw new Error(`no line of ${file} after '${from}' begins with '${to}', the excerpt's last line`);
  }
  const excerpt = lines.slice(begin, begin + length + 1);
  if (!isWhole(excerpt.join('\n'))) {
    throw new Error(`the excerpt of ${file} from '${from}' to '${to}' ends within a statement`);
  }
  const indented = excerpt.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const indentation = Math.min(...indented);
  return excerpt.map((line) => line.slice(indentation)).join('\n');
}

/** Whether code ends after a statement or property, with all brackets closed. */
function isWhole(code: string): boolean {
  const brackets = code.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*|'[^'\n]*'/gs, '').match(/[()[\]{}]/g) ?? [];
  const open: string[] = [];
  const pairs = ['()', '[]', '{}'];
  for (const bracket of brackets) {
    if (pairs.includes(`${open.at(-1)}${bracket}`)) {
      open.pop();
    } else {
      open.push(bracket);
    }
  }
  return open.length === 0 && /[;,}]$/.test(code);
}
