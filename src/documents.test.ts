// The files that documents name exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = [
  ...['.ci', '.github', 'bench', 'docs', 'examples', 'golden'],
  ...['models', 'scripts', 'site', 'src', 'studio'],
];
const files = [
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file.replaceAll('\\', '/')}`,
    ),
  ),
];
/** All documents but the changelog, which names files of earlier versions, and what the site's build generates. */
const documents = files.filter(
  (file) => file.endsWith('.md') && file !== 'CHANGELOG.md' && !file.startsWith('site/generated/'),
);

/** NAME and X are placeholders. */
const isPlaceholder = (path: string): boolean => /\b(?:NAME|X)\b/.test(path);

/** Paths from the root of the repository, in code or commands. */
const pathPattern = new RegExp(
  `(?<=[\\s\`])(?:${folders.map((folder) => folder.replace('.', '\\.')).join('|')})/[\\w./-]*\\w`,
  'g',
);
/** Names of source files, with or without folders. */
const sourcePattern = /(?<=`)[\w./-]+\.(?:ts|tsx|mjs|py)(?=`)/g;
/** The files that links lead to. */
const linkPattern = /\]\((?![a-z]+:)([^)\s#]+)(?:#[^)\s]+)?\)/g;

/** What a document names and the repository lacks; links to headings are checked when the site is built. */
function missing(document: string, text: string): string[] {
  const paths = (text.match(pathPattern) ?? []).filter(
    (path) => !existsSync(join(root, path)) && !existsSync(join(root, dirname(document), path)),
  );
  const names = (text.match(sourcePattern) ?? []).filter(
    (name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)),
  );
  const links = [...text.matchAll(linkPattern)]
    .map(([, path]) => path!)
    .filter((path) => !existsSync(join(root, dirname(document), path)));
  return [...new Set([...paths, ...names, ...links])].filter((path) => !isPlaceholder(path));
}

it.each(documents)('%s names files that exist', (document) => {
  expect(missing(document, readFileSync(join(root, document), 'utf8'))).toEqual([]);
});
