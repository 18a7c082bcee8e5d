// Reads sources for the architecture tests: imports, Node globals, regular expressions.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const nodeGlobals = new Set(['process', 'Buffer', 'setImmediate', 'NodeJS', 'require', '__dirname']);

/** The sources of a folder of the repository, by their paths within it. */
export function sourcesIn(folder: string): Map<string, string> {
  const files = readdirSync(`${repository}/${folder}`, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.tsx?$/.test(file));
  return new Map(files.sort().map((file) => [file, readFileSync(`${repository}/${folder}/${file}`, 'utf8')]));
}

/** Everything that a source imports, re-exports or imports dynamically. */
export function listImports(source: string): string[] {
  // TypeScript leaves these out.
  const namespaces = source.matchAll(/^export \* as \w+ from '([^']+)'/gm);
  return [
    ...ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName),
    ...Array.from(namespaces, ([, specifier]) => specifier!),
  ];
}

/** The file that an import within the same folder of the repository leads to. */
export function resolveImport(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** The sources of a folder and what they import; all files are named by their paths within it. */
export interface ImportGraph {
  readonly files: readonly string[];
  source(file: string): string;
  /** The files of the folder that a file imports, also only types of them. */
  targets(file: string): readonly string[];
  /** Everything else that it imports: packages, and modules of Node. */
  packages(file: string): readonly string[];
}

/** The imports of the sources of a folder. */
export function importGraph(folder: string): ImportGraph {
  const sources = sourcesIn(folder);
  const imports = new Map(
    [...sources].map(([file, source]) => [
      file,
      listImports(source).map((specifier) =>
        specifier.startsWith('.') ? resolveImport(file, specifier) : specifier,
      ),
    ]),
  );
  return {
    files: [...sources.keys()],
    source: (file) => sources.get(file)!,
    targets: (file) => imports.get(file)!.filter((target) => sources.has(target)),
    packages: (file) => imports.get(file)!.filter((target) => !sources.has(target)),
  };
}

/** Items and what can be reached from them by repeated steps. */
export function reachable<Item>(
  starts: readonly Item[],
  next: (item: Item) => readonly Item[],
): ReadonlySet<Item> {
  // A set that grows is iterated to its end.
  const reached = new Set(starts);
  for (const item of reached) {
    for (const further of next(item)) {
      reached.add(further);
    }
  }
  return reached;
}

/** Whether a file of `src` is a test, or code that tests share. */
export function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.startsWith('testing/');
}

/** What a source loads when it runs: everything it imports or re-exports, except types. */
export function importedValues(source: string): string[] {
  return foundIn(source, (node) => {
    if (ts.isImportDeclaration(node)) {
      return node.importClause?.isTypeOnly ? undefined : stringText(node.moduleSpecifier);
    }
    if (ts.isExportDeclaration(node)) {
      return node.isTypeOnly ? undefined : stringText(node.moduleSpecifier);
    }
    const isImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    return isImport ? stringText(node.arguments[0]) : undefined;
  });
}

/** The globals of Node that a source uses. */
export function nodeGlobalsIn(source: string): string[] {
  return foundIn(source, (node) =>
    ts.isIdentifier(node) && nodeGlobals.has(node.text) && !isName(node) ? node.text : undefined,
  );
}

/** The regular expressions in the source of a file, as written there. */
export function regularExpressionsIn(file: string, source: string): string[] {
  return foundIn(source, (node) => (ts.isRegularExpressionLiteral(node) ? node.text : undefined), file);
}

function foundIn(source: string, find: (node: ts.Node) => string | undefined, file = 'file.ts'): string[] {
  const matches: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = find(node);
    if (text !== undefined) {
      matches.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return matches;
}

function stringText(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteral(node) ? node.text : undefined;
}

/** Whether an identifier is the name of a member rather than a reference to a variable. */
function isName({ parent, pos }: ts.Node): boolean {
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name.pos === pos) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isBindingElement(parent)) &&
      ((ts.isBindingElement(parent) && parent.propertyName) || parent.name).pos === pos)
  );
}
