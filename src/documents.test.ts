// The files and tests that documents name exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

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
/** All documents but the changelog, which names files of earlier versions. */
const documents = files.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The files with this name, or a path that ends in it. */
const named = (name: string): string[] => files.filter((file) => `/${file}`.endsWith(`/${name}`));

/** NAME and X stand for names that the reader chooses. */
const isPlaceholder = (path: string): boolean => /\b(?:NAME|X)\b/.test(path);

/** Paths from the root of the repository, in code or commands. */
const pathPattern = new RegExp(
  `(?<=[\\s\`])(?:${folders.map((folder) => folder.replace('.', '\\.')).join('|')})/[\\w./-]*\\w`,
  'g',
);
/** Names of source files, with or without folders. */
const sourcePattern = /(?<=`)[\w./-]+\.(?:ts|tsx|mjs|py)(?=`)/g;
/** Targets of links: a path, a place in a document, or both. */
const linkPattern = /\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]+))?\)/g;

/** What a document names and the repository lacks. */
function missing(document: string, text: string): string[] {
  const paths = (text.match(pathPattern) ?? []).filter((path) => !existsSync(join(root, path)));
  const sources = (text.match(sourcePattern) ?? []).filter((name) => named(name).length === 0);
  const links = [...text.matchAll(linkPattern)]
    .filter(([, path, place]) => !leads(path === '' ? document : join(dirname(document), path!), place))
    .map(([, path, place]) => `${path}${place === undefined ? '' : `#${place}`}`);
  const tests = namedTests(text)
    .filter(({ file, title }) => !named(file).some((known) => textOf(known).includes(title)))
    .map(({ file, title }) => `${file}: ${title}`);
  return [...new Set([...paths, ...sources, ...links, ...tests])].filter((path) => !isPlaceholder(path));
}

/** Whether a link leads somewhere: to a file that exists, and a heading in it if a place is named. */
function leads(path: string, place: string | undefined): boolean {
  return (
    existsSync(join(root, path)) &&
    (place === undefined || !path.endsWith('.md') || headings(textOf(path)).includes(place))
  );
}

/** The names of a document's headings in links, as GitHub makes them. */
function headings(text: string): string[] {
  return [...text.replace(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Titles of tests, in italics after the file of a test on the same line. */
function namedTests(text: string): { file: string; title: string }[] {
  return text.split('\n').flatMap((line) =>
    [...line.matchAll(/`([\w./-]+\.test\.ts)`((?:(?!`[\w./-]+\.test\.ts`).)*)/g)].flatMap(([, file, rest]) =>
      [...rest!.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(([, title]) => ({
        file: file!,
        title: title!,
      })),
    ),
  );
}

describe('the files and tests that a document names exist', () => {
  it.each(documents)('%s', (document) => {
    expect(missing(document, textOf(document))).toEqual([]);
  });
});

describe('what is missing is found', () => {
  it.each([
    ['`src/none.ts`', ['src/none.ts']],
    ['`none.test.ts`', ['none.test.ts']],
    ['npx tsx bench/none.ts --steps 3', ['bench/none.ts']],
    ['[a](none.md#place) [b](https://example.org/none.md)', ['none.md#place']],
    ['[a](docs/doctor.md#hard-images) [b](docs/doctor.md#none)', ['docs/doctor.md#none']],
    ['`src/errors.test.ts`: *no such test*', ['src/errors.test.ts: no such test']],
    ['`src/errors.test.ts`, `src/flows/layers` and `src/flows/layers/NAME.ts`, **bold**', []],
  ])('%s', (text, expected) => {
    expect(missing('README.md', text)).toEqual(expected);
  });
});
