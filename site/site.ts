// Builds the site: the documents, the reference of the public API and the studio, as static files.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Application,
  Converter,
  type DocumentReflection,
  JSX,
  KindRouter,
  MarkdownEvent,
  PageEvent,
  type ProjectReflection,
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
 * @param builtPackage the folder of the built package, whose command builds the studio
 * @throws if TypeDoc reports an error or a warning
 */
export async function buildSite(target: string, builtPackage = root): Promise<void> {
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
    event.contents = corrected(event.contents!);
  });
  app.renderer.hooks.on('sidebar.begin', ({ relativeURL }) =>
    JSX.createElement(
      JSX.Fragment,
      null,
      JSX.createElement(
        'a',
        { class: 'site-link', href: relativeURL('index.html') },
        'Get started in five minutes',
      ),
      JSX.createElement('a', { class: 'site-link', href: relativeURL('studio/index.html') }, 'Studio'),
    ),
  );
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
  copyFonts(join(target, 'assets/katex'));
  const command = join(builtPackage, 'dist/app/cli/main.js');
  execFileSync(process.execPath, [command, 'studio', '--build', join(target, 'studio')], { stdio: 'pipe' });
}

/** Corrects TypeDoc's pages: adds landmarks, and removes links nested in buttons. */
function corrected(html: string): string {
  return html
    .replace('<div class="col-content">', '<div class="col-content" role="main">')
    .replace(
      '<div class="col-sidebar">',
      '<div class="col-sidebar" role="complementary" aria-label="Pages and headings">',
    )
    .replace(/<summary[\s\S]*?<\/summary>/g, (summary) =>
      summary.replace(/<a href="#[^"]*" aria-label="Permalink"[\s\S]*?<\/a>/g, ''),
    );
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
