// Builds the site: the documents, the reference of the public API and the studio, as static files.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Application,
  Converter,
  DocumentReflection,
  IndexEvent,
  KindRouter,
  MarkdownEvent,
  PageEvent,
  ProjectReflection,
  type Reflection,
  ReflectionKind,
} from 'typedoc';
import { extendMarkdown, withInserts } from './markdown.ts';
import { firstPage, pageGroups } from './pages.ts';
import { REFERENCE_FOLDER, writeReference } from './reference.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Documents keep their paths in the repository; generated pages are among the documents, and API pages in `api`. */
class SiteRouter extends KindRouter {
  protected override getIdealBaseName(reflection: Reflection): string {
    return reflection.isDocument()
      ? documentPath(reflection).replace(REFERENCE_FOLDER, 'docs').replace(/\.md$/, '')
      : `api/${super.getIdealBaseName(reflection)}`;
  }
}

/** A document's path in the repository. */
function documentPath(document: DocumentReflection): string {
  return relative(root, document.project.files.getReflectionPath(document)!).replaceAll('\\', '/');
}

/**
 * Writes the site to a folder, replacing its contents.
 *
 * @param options.builtPackage the folder of the built package, whose command builds the studio
 * @param options.url the site's address, which ends with a slash: link previews need it for their picture
 * @throws if TypeDoc reports an error or a warning
 */
export async function buildSite(
  target: string,
  { builtPackage = root, url = '' }: { builtPackage?: string; url?: string | undefined } = {},
): Promise<void> {
  await writeReference(root);
  const app = await Application.bootstrapWithPlugins({
    options: join(root, 'typedoc.json'),
    name: 'emerging-flows',
    entryPoints: entryPoints(),
    readme: join(root, firstPage),
    projectDocuments: pageGroups.flatMap(({ files }) => files.map((file) => join(root, file))),
    // Documents have their own titles.
    headings: { readme: false, document: false },
    sort: ['documents-first', 'kind', 'alphabetical-ignoring-documents'],
    locales: { en: { kind_plural_module: 'API reference' } },
    groupOrder: [...pageGroups.map(({ name }) => name), '*'],
    navigation: { includeGroups: true, includeCategories: false, compactFolders: true },
    navigationLeaves: ['About the project'],
    searchInDocuments: true,
    highlightLanguages: ['bash', 'html', 'javascript', 'json', 'python', 'tsx', 'typescript', 'yaml'],
    lightHighlightTheme: 'github-light-high-contrast',
    darkHighlightTheme: 'github-dark-high-contrast',
    customCss: join(root, 'site/site.css'),
    customJs: join(root, 'site/site.js'),
    favicon: join(root, 'studio/public/icon.svg'),
    router: 'site',
    hideGenerator: true,
    githubPages: true,
    markdownItLoader: extendMarkdown,
  });
  app.renderer.defineRouter('site', SiteRouter);
  app.renderer.on(
    MarkdownEvent.PARSE,
    (event) => {
      const studio = posix.join(posix.relative(posix.dirname(event.page.url), ''), 'studio/');
      event.parsedText = withInserts(event.parsedText, { root, studio });
    },
    // Before TypeDoc parses it.
    1,
  );
  app.renderer.on(PageEvent.END, (event) => {
    event.contents = corrected(event.contents!, event.model, url);
  });
  app.renderer.on(IndexEvent.PREPARE_INDEX, preferGlossary);
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => describePage(document));
  const project = await app.convert();
  if (!project) {
    throw new Error('TypeDoc could not read the sources: see the errors above');
  }
  nameModules(project);
  app.validate(project);
  await app.generateDocs(project, target);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('the site has errors: see above');
  }
  separateSearchKeys(join(target, 'assets/main.js'));
  copyFonts(join(target, 'assets/katex'));
  // The studio's colours, type and header.
  for (const file of ['tokens.css', 'header.css']) {
    cpSync(join(root, 'studio/look', file), join(target, 'assets', file));
  }
  const command = [join(builtPackage, 'dist/app/cli/main.js'), 'studio', '--build', join(target, 'studio')];
  const studioUrl = url === '' ? [] : ['--url', `${url}studio/`];
  execFileSync(process.execPath, [...command, ...studioUrl], { stdio: 'pipe' });
  const studioPage = join(target, 'studio/index.html');
  const documentsLink = '<meta name="documents" content="../index.html">';
  writeFileSync(studioPage, readFileSync(studioPage, 'utf8').replace('<head>', `<head>${documentsLink}`));
}

/** Corrects TypeDoc's pages: adds landmarks, the studio's header and previews, and removes links nested in buttons. */
function corrected(html: string, page: unknown, url: string): string {
  return html
    .replace('<div class="col-content">', '<div class="col-content" role="main">')
    .replace(
      '<div class="col-sidebar">',
      '<div class="col-sidebar" role="complementary" aria-label="Pages and headings">',
    )
    .replace(/<summary[\s\S]*?<\/summary>/g, (summary) =>
      summary.replace(/<a href="#[^"]*" aria-label="Permalink"[\s\S]*?<\/a>/g, ''),
    )
    .replace(
      /<a href="([^"]*)index\.html" class="title">([^<]*)<\/a>\s*<div id="tsd-toolbar-links"><\/div>/,
      (_, base: string, name: string) =>
        `<a href="${base}index.html" class="wordmark"><img src="${base}assets/favicon.svg" alt="" width="24" height="24">${name}</a>` +
        `<nav class="header-links" aria-label="Site"><a href="${base}studio/index.html">Studio</a><a href="${base}modules.html">API</a></nav>`,
    )
    .replace(/<meta name="description" content="[^"]*"\/>/, () => {
      const description = escapeAttribute(summary(page));
      const preview = {
        'og:type': 'website',
        'og:title': /<title>([^<]*)<\/title>/.exec(html)![1]!,
        'og:description': description,
        'og:image': `${url}studio/preview.png`,
      };
      return [
        `<meta name="description" content="${description}">`,
        ...Object.entries(preview).map(
          ([property, content]) => `<meta property="${property}" content="${content}">`,
        ),
        '<meta name="twitter:card" content="summary_large_image">',
      ].join('');
    });
}

/** The first paragraph of a document, as plain text; of other pages, what the package is. */
function summary(page: unknown): string {
  const content =
    page instanceof DocumentReflection
      ? page.content
      : page instanceof ProjectReflection
        ? (page.readme ?? [])
        : [];
  const [, paragraph] = /^# .+\n\n(.+)/.exec(content.map(({ text }) => text).join('')) ?? [];
  return (paragraph ?? 'Normalizing flows for images in TypeScript.')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*$]/g, '');
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/**
 * Separates the parts of the keys by which the search library, lunr 2.3.9, merges nodes of its trie of words. Without a
 * separator, keys of words with digits can be equal by chance, and a search throws at a word that the index lacks
 * (github.com/olivernn/lunr.js/issues/503).
 *
 * @throws if the library's code has changed
 */
function separateSearchKeys(file: string): void {
  const script = readFileSync(file, 'utf8');
  const parts = script.split('e=e+s+o.id}');
  if (parts.length !== 2) {
    throw new Error(
      `${file}: the search library has changed; see whether separateSearchKeys is still needed`,
    );
  }
  writeFileSync(file, parts.join('e=e+s+o.id+","}'));
}

/** Lists the glossary first when somebody searches for a term that it defines. */
function preferGlossary(event: IndexEvent): void {
  const position = event.searchResults.findIndex(
    (result) => result.isDocument() && documentPath(result) === 'docs/glossary.md',
  );
  const terms = [...readFileSync(join(root, 'docs/glossary.md'), 'utf8').matchAll(/^## (.+)$/gm)].map(
    ([, term]) => term!,
  );
  event.searchFields[position] = { term: terms.join(' ') };
  // The index divides the weight by the field's length relative to other pages, where it is empty.
  Object.assign(event.searchFieldWeights, { term: 1e7 });
}

/** The package's entry points for Node, which include those for pages, and the one for workers. */
function entryPoints(): string[] {
  const folder = join(root, 'src/api');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && (!file.endsWith('.web.ts') || file === 'worker.web.ts'))
    .map((file) => join(folder, file));
}

/** Names modules by their import paths, and destructured parameters `options`. */
function nameModules(project: ProjectReflection): void {
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === '__namedParameters') {
      parameter.name = 'options';
    }
  }
  for (const module of project.children ?? []) {
    const path = module.name.replace('.web', '');
    module.name = path === 'index' ? 'emerging-flows' : `emerging-flows/${path}`;
  }
}

/** Sets a document's title, from its first line, and its group. */
function describePage(document: DocumentReflection): void {
  const title = /^# (.+)\n/.exec(document.content[0]!.text);
  if (!title) {
    throw new Error(`${documentPath(document)} doesn't start with a title (# …)`);
  }
  document.name = title[1]!;
  const file = documentPath(document);
  document.frontmatter.group = pageGroups.find(({ files }) => files.includes(file))!.name;
}

/** Copies KaTeX's style sheet, and its fonts as WOFF2, which all current browsers read. */
function copyFonts(target: string): void {
  const katex = join(root, 'node_modules/katex/dist');
  mkdirSync(target, { recursive: true });
  cpSync(join(katex, 'katex.min.css'), join(target, 'katex.min.css'));
  cpSync(join(katex, 'fonts'), join(target, 'fonts'), {
    recursive: true,
    filter: (file) => basename(file) === 'fonts' || file.endsWith('.woff2'),
  });
}
