// Finds faults in a built site: broken links, invalid formulas, files loaded from other hosts.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The faults in a folder's pages except `studio`, one line each. */
export function findFaults(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => !/^studio[\\/]/.test(file),
  );
  const pages = new Map(
    files
      .filter((file) => file.endsWith('.html'))
      .map((file) => [join(folder, file), parsePage(readFileSync(join(folder, file), 'utf8'))]),
  );
  const faults: string[] = [];
  for (const [file, page] of pages) {
    const path = relative(folder, file);
    faults.push(...page.badFormulas.map((formula) => `${path}: invalid formula: ${formula}`));
    faults.push(...page.loaded.filter(isElsewhere).map((url) => `${path}: loads ${url} from another host`));
    for (const url of [...page.links, ...page.loaded].filter((link) => !isElsewhere(link))) {
      const problem = findLinkProblem(url, file, pages);
      if (problem !== undefined) {
        faults.push(`${path}: ${url}: ${problem}`);
      }
    }
  }
  for (const file of files.filter((name) => name.endsWith('.css'))) {
    for (const [, url] of readFileSync(join(folder, file), 'utf8').matchAll(/url\(["']?([^)"']+)/g)) {
      const isOld =
        /\.(woff|ttf)$/.test(url!) &&
        existsSync(join(folder, dirname(file), `${url}`.replace(/\.\w+$/, '.woff2')));
      if (!url!.startsWith('data:') && !isOld && !existsSync(join(folder, dirname(file), url!))) {
        faults.push(`${file}: ${url}: no such file`);
      }
    }
  }
  return faults;
}

/** A page's ids, links and loaded files. */
interface Page {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
  /** The files that a browser loads with it. */
  readonly loaded: readonly string[];
  readonly badFormulas: readonly string[];
}

function parsePage(html: string): Page {
  const matchAll = (pattern: RegExp): string[] =>
    [...html.matchAll(pattern)].map(([, match]) => unescaped(match!));
  return {
    ids: new Set(matchAll(/\sid="([^"]*)"/g)),
    links: matchAll(/<a\s[^>]*?href="([^"]*)"/g),
    loaded: [...matchAll(/<(?:link|use)\s[^>]*?href="([^"]*)"/g), ...matchAll(/\ssrc="([^"]*)"/g)],
    badFormulas: matchAll(/class=['"][^'"]*katex-error['"] title=['"]([^'"]*)/g),
  };
}

function unescaped(text: string): string {
  const characters: Record<string, string> = { amp: '&', quot: '"', lt: '<', gt: '>', '#39': "'" };
  return text.replace(/&(amp|quot|lt|gt|#39);/g, (_, name) => characters[name]!);
}

function isElsewhere(url: string): boolean {
  return /^([a-z][a-z+.-]*:|\/\/)/i.test(url);
}

function findLinkProblem(url: string, from: string, pages: ReadonlyMap<string, Page>): string | undefined {
  const [path, anchor] = url.split('#', 2).map(decodeURIComponent) as [string, string?];
  const named = path === '' ? from : join(dirname(from), path.replace(/\?.*$/, ''));
  const file = existsSync(named) && statSync(named).isDirectory() ? join(named, 'index.html') : named;
  if (!existsSync(file)) {
    return 'no such file';
  }
  // The studio's pages use # for their own addresses.
  const ids = pages.get(file)?.ids;
  return anchor && ids && !ids.has(anchor) ? 'no such anchor' : undefined;
}
