// Checks what each part of the code may import: along the arrows between the folders only, and without cycles.
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The folders of `src`, each with those directly below it; whatever can be reached along the arrows may be imported. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  api: ['evaluation'],
  cli: ['bench', 'studio', 'evaluation'],
  studio: ['evaluation'],
  bench: ['evaluation'],
  evaluation: ['training'],
  training: ['trained', 'cluster'],
  trained: ['runs', 'engine', 'pictures', 'cluster'],
  runs: ['experiments'],
  experiments: ['models', 'data', 'optimizers'],
  models: ['flows'],
  flows: ['tensor'],
  optimizers: ['tensor'],
  engine: ['tensor'],
  tensor: ['numeric'],
  data: ['storage', 'cluster'],
  storage: ['numeric'],
  pictures: ['numeric'],
  numeric: ['platform'],
  cluster: ['platform'],
  platform: [],
};

/** Any file may import these, and they may import each other. */
const sharedFiles: readonly string[] = ['errors.ts', 'visibleText.ts'];

/** Packages, and the only files that may import them. */
const wrapped: Readonly<Record<string, readonly string[]>> = {
  koffi: ['cluster/openMpi.node.ts', 'engine/devices/vulkan.node.ts'],
  'onnxruntime-node': ['engine/runtime.node.ts'],
  // The tests run exported files with the runtime alone, in both builds.
  'onnxruntime-web': [
    'engine/runtime.web.ts',
    'evaluation/export/exportModel.test.ts',
    'evaluation/export/exportPrograms.test.ts',
  ],
};

/** The folders whose files may import Node modules; elsewhere only files named `*.node.ts` may. */
const nodeFolders: readonly string[] = ['storage', 'data', 'studio', 'cli'];

/**
 * Folders and single files that must run on any JavaScript platform, as must all `*.web.ts` files: they may reach Node
 * modules only through `*.node.ts` files.
 */
const runsAnywhere: readonly string[] = [
  'api/index.web.ts',
  'api/data.web.ts',
  'api/training.web.ts',
  'api/worker.web.ts',
  'data/identity.ts',
  'numeric',
  'tensor',
  'engine',
  'flows',
  'models',
  'experiments',
  'pictures',
  'optimizers',
  'runs/contents',
  'runs/files',
  'runs/open',
  'trained/likelihood',
  'trained/model',
  'training',
  'evaluation/bijections',
  'evaluation/doctor',
  'evaluation/export/exportPrograms.ts',
  'evaluation/reports/curvePlot.ts',
  'evaluation/measure',
];

/** Code shared by tests; only tests may import it, and it may import whatever they may. */
const testFolder = 'testing';

const root = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .sort();

/** The imports of a file that break a rule, each as a sentence; `file` is a path within `src`. */
function violations(file: string, source: string): string[] {
  const exempt = file.endsWith('.test.ts') || folderOf(file) === testFolder;
  return importsOf(source).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      const only = wrapped[packageOf(specifier)];
      return only === undefined || only.includes(file)
        ? []
        : `${file} imports ${specifier}: only ${only.join(', ')} may`;
    }
    const target = posix.join(posix.dirname(file), specifier);
    const allowed = exempt || sharedFiles.includes(target) || allowedFolders(file).has(folderOf(target));
    return allowed ? [] : `${file} imports ${target}: no arrow allows it`;
  });
}

/** The Node modules that a file imports but must not, each as a sentence. */
function nodeViolations(file: string, source: string): string[] {
  const may =
    isNodeFile(file) ||
    nodeFolders.includes(folderOf(file)) ||
    file.endsWith('.test.ts') ||
    folderOf(file) === testFolder;
  return importsOf(source)
    .filter((specifier) => isBuiltin(specifier) && !may)
    .map((specifier) => `${file} imports ${specifier}: only ${nodeFolders.join(', ')} and *.node.ts may`);
}

/** What files load, directly or through others, up to `*.node.ts` files. */
interface Reached {
  /** These files and those that they reach in `src`, except `*.node.ts`. */
  readonly files: ReadonlySet<string>;
  /** The import paths to a Node module, each as a list of files. */
  readonly waysToNode: readonly string[];
}

/** @param valuesOf what a file loads directly, as returned by `importedValues` */
function reachedFrom(entries: readonly string[], valuesOf: (file: string) => readonly string[]): Reached {
  const waysToNode: string[] = [];
  const reached = new Set(entries);
  const open = entries.map((file) => [file]);
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const last = way.at(-1)!;
    for (const specifier of valuesOf(last)) {
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(last), specifier) : specifier;
      if (isBuiltin(target)) {
        waysToNode.push([...way, target].join(' → '));
      } else if (specifier.startsWith('.') && !isNodeFile(target) && !reached.has(target)) {
        reached.add(target);
        open.push([...way, target]);
      }
    }
  }
  return { files: reached, waysToNode };
}

/** What a file loads when it runs: everything it imports or re-exports, except types. */
function importedValues(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isType =
      (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true) ||
      (ts.isExportDeclaration(node) && node.isTypeOnly);
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (!isType && specifier !== undefined && ts.isStringLiteral(specifier)) {
      found.push(specifier.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest));
  return found;
}

/** The Node globals that a file uses. */
function nodeGlobalsIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && nodeGlobals.has(node.text) && !isName(node)) {
      found.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest, true));
  return found;
}

const nodeGlobals = new Set(['process', 'Buffer', 'setImmediate', 'NodeJS', 'require', '__dirname']);

/** Whether an identifier is the name of a member rather than a reference to a variable. */
function isName({ parent, pos }: ts.Node): boolean {
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name.pos === pos) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isBindingElement(parent)) &&
      ((ts.isBindingElement(parent) && parent.propertyName) || parent.name).pos === pos)
  );
}

/** Whether a file is specific to Node and has a counterpart on other platforms. */
function isNodeFile(file: string): boolean {
  return file.endsWith('.node.ts');
}

/** Everything that is imported, re-exported or imported dynamically. */
function importsOf(source: string): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The folder of a file directly below `src`; the file itself if it is not in a folder. */
function folderOf(file: string): string {
  return file.split('/')[0]!;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function allowedFolders(file: string): ReadonlySet<string> {
  const allowed = new Set<string>();
  const open = folderOf(file) in arrows ? [folderOf(file)] : [];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    allowed.add(folder);
    open.push(...arrows[folder]!);
  }
  return allowed;
}

describe('the arrows between folders', () => {
  it('cover every folder', () => {
    const known = [...Object.keys(arrows), testFolder];
    const found = new Set(files.filter((file) => file.includes('/')).map(folderOf));
    expect([...found].sort()).toEqual(known.sort());
    for (const file of [...sharedFiles, ...Object.values(wrapped).flat()]) {
      expect(files).toContain(file);
    }
  });

  it('hold in every file', () => {
    const broken = files.flatMap((file) => violations(file, readFileSync(`${root}/${file}`, 'utf8')));
    expect(broken).toEqual([]);
  });

  it.each([
    ['flows/new.ts', "import { compile } from '../engine/program.ts';"],
    ['flows/new.ts', "import type { Program } from '../engine/program.ts';"],
    ['flows/new.ts', "let program: import('../engine/program.ts').Program;"],
    ['engine/new.ts', "export { chain } from '../flows/chain.ts';"],
    ['engine/new.ts', "const { Glow } = await import('../models/glow.ts');"],
    ['engine/new.ts', "import { datasets } from '../data/registry.ts';"],
    ['data/new.ts', "import { input } from '../tensor/tensor.ts';"],
    ['optimizers/new.ts', "import { compile } from '../engine/program.ts';"],
    ['tensor/operations/new.ts', "import { chain } from '../../flows/chain.ts';"],
    ['training/new.ts', "import { scoreTable } from '../evaluation/measure/score.ts';"],
    ['evaluation/new.ts', "import { formatBytes } from '../cli/terminal/format.ts';"],
    ['evaluation/new.ts', "import { secondsOf } from '../bench/timing.ts';"],
    ['bench/new.ts', "import { formatBytes } from '../cli/terminal/format.ts';"],
    ['api/index.ts', "export { timeTraining } from '../bench/timeTraining.ts';"],
    ['api/index.ts', "export { formatBytes } from '../cli/terminal/format.ts';"],
    ['models/new.ts', "import { Glow } from '../api/flows.ts';"],
    ['errors.ts', "import { sizeOf } from './numeric/ndarray.ts';"],
    ['flows/new.ts', "import { goldenCases } from '../testing/golden.ts';"],
    ['elsewhere/new.ts', "import { sizeOf } from '../numeric/ndarray.ts';"],
    ['engine/program.ts', "import * as ort from 'onnxruntime-node';"],
    ['engine/program.test.ts', "import * as ort from 'onnxruntime-node';"],
    ['training/new.ts', "const ort = await import('onnxruntime-node');"],
  ])('forbid %s: %s', (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  it.each([
    ['cli/new.ts', "import { sizeOf } from '../numeric/ndarray.ts';"],
    ['evaluation/new.ts', "import { compile } from '../engine/program.ts';"],
    ['evaluation/new.ts', "import { readSummary } from '../runs/folder/summaryFile.ts';"],
    ['numeric/new.ts', "import { UserError } from '../errors.ts';"],
    ['numeric/new.ts', "import { sizeOf } from './ndarray.ts';"],
    ['api/index.ts', "export { compile } from '../engine/program.ts';"],
    ['flows/new.test.ts', "import { compile } from '../engine/program.ts';"],
    ['testing/new.ts', "import { chain } from '../flows/chain.ts';"],
    ['engine/runtime.node.ts', "import * as ort from 'onnxruntime-node';"],
    ['engine/program.ts', "import type { TypedTensor } from 'onnxruntime-common';"],
  ])('allow %s: %s', (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });
});

/** What each file imports, including types, by paths from the root of the repository. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** The relative imports of every file in some folders of the repository. */
function importsIn(...folders: readonly string[]): Imports {
  const repository = `${root}/..`;
  const sources = folders.flatMap((folder) =>
    readdirSync(`${repository}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
  );
  return new Map(
    sources.sort().map((file) => {
      const relative = importsOf(readFileSync(`${repository}/${file}`, 'utf8')).filter((specifier) =>
        specifier.startsWith('.'),
      );
      return [file, relative.map((specifier) => posix.join(posix.dirname(file), specifier))];
    }),
  );
}

/** The groups of files in which each file reaches all others through imports. */
function cycles(imports: Imports): string[][] {
  const reached = new Map([...imports.keys()].map((file) => [file, importedFrom(file, imports)]));
  const reaches = (from: string, to: string): boolean => reached.get(from)?.has(to) === true;
  const inCycles = [...imports.keys()].filter((file) => reaches(file, file));
  const groups = inCycles.map((file) =>
    inCycles.filter((other) => reaches(file, other) && reaches(other, file)),
  );
  return groups.filter(([first], index) => first === inCycles[index]);
}

/** All files that a file imports, directly or through others; includes itself only if it is in a cycle. */
function importedFrom(file: string, imports: Imports): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...(imports.get(file) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!reached.has(next)) {
      reached.add(next);
      open.push(...(imports.get(next) ?? []));
    }
  }
  return reached;
}

/** The pairs of folders with files that import each other, such as `data and data/sets`, at any depth; tests don't count. */
function mutualFolders(imports: Imports): string[] {
  const isCounted = (file: string): boolean => !/\.test\.ts$|\/testing\//.test(file);
  const pairs = new Set(
    [...imports]
      .filter(([file]) => isCounted(file))
      .flatMap(([file, targets]) =>
        targets.map((target) => `${posix.dirname(file)} ${posix.dirname(target)}`),
      ),
  );
  return [...pairs].flatMap((pair) => {
    const [one, other] = pair.split(' ') as [string, string];
    return one < other && pairs.has(`${other} ${one}`) ? [`${one} and ${other}`] : [];
  });
}

describe('mutual imports between folders', () => {
  it('do not exist in src, at any depth', () => {
    expect(mutualFolders(importsIn('src'))).toEqual([]);
  });

  it('are found between a folder and one inside it', () => {
    const imports = new Map([
      ['src/data/registry.ts', ['src/data/sets/mnist.ts']],
      ['src/data/sets/mnist.ts', ['src/data/dataset.ts']],
      ['src/data/dataset.ts', []],
    ]);
    expect(mutualFolders(imports)).toEqual(['src/data and src/data/sets']);
  });
});

describe('import cycles', () => {
  it('do not exist in src and bench', () => {
    const imports = importsIn('src', 'bench');
    expect(imports.get('src/data/contract/dataset.ts')).toContain('src/data/contract/rawImages.ts');
    expect([...imports.keys()].some((file) => file.startsWith('bench/study/'))).toBe(true);
    expect(cycles(imports)).toEqual([]);
  });

  it('are found between two files, through several, and of a file with itself', () => {
    const imports = new Map([
      ['a', ['b', 'outside']],
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['d', ['e', 'h']],
      ['e', ['d']],
      ['f', ['f']],
      ['g', ['a', 'h']],
      ['h', []],
    ]);
    expect(cycles(imports)).toEqual([['a', 'b', 'c'], ['d', 'e'], ['f']]);
  });
});

describe('code that runs without Node', () => {
  const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');
  const entries = files.filter(
    (file) =>
      (file.endsWith('.web.ts') ||
        runsAnywhere.some((entry) => file === entry || file.startsWith(`${entry}/`))) &&
      !file.endsWith('.test.ts') &&
      !isNodeFile(file),
  );

  const reached = reachedFrom(entries, (file) => importedValues(read(file)));
  const waysToNodeIn = (sources: Record<string, string>): readonly string[] =>
    reachedFrom(['flows/new.ts'], (file) => importedValues(sources[file]!)).waysToNode;

  it('is listed as existing folders and files', () => {
    for (const entry of runsAnywhere) {
      expect(
        entries.some((file) => file === entry || file.startsWith(`${entry}/`)),
        entry,
      ).toBe(true);
    }
  });

  it('reaches no Node module', () => {
    expect(reached.waysToNode).toEqual([]);
  });

  it('uses no Node globals', () => {
    const used = [...reached.files].flatMap((file) =>
      nodeGlobalsIn(read(file)).map((name) => `${file}: ${name}`),
    );
    expect(used).toEqual([]);
  });

  it('imports Node modules only where that is allowed', () => {
    expect(files.flatMap((file) => nodeViolations(file, read(file)))).toEqual([]);
  });

  it.each([
    ["import { readFileSync } from 'node:fs';", 'flows/new.ts → node:fs'],
    ["import fs from 'fs';", 'flows/new.ts → fs'],
    ["const { cpus } = await import('node:os');", 'flows/new.ts → node:os'],
    ["export { readBytes } from '../storage/files.ts';", 'flows/new.ts → storage/files.ts → node:fs'],
    ["import { type Bytes } from '../storage/files.ts';", 'flows/new.ts → storage/files.ts → node:fs'],
    ["import { far } from '../numeric/far.ts';", 'flows/new.ts → numeric/far.ts → node:crypto'],
  ])('finds %s', (source, way) => {
    const sources: Record<string, string> = {
      'flows/new.ts': source,
      'numeric/far.ts': "import { createHash } from 'node:crypto';",
      'storage/files.ts': "import { readFileSync } from 'node:fs';",
    };
    expect(waysToNodeIn(sources)).toEqual([way]);
  });

  it.each([
    "import type { Bytes } from '../storage/files.ts';",
    "import { decodeSafetensors } from '../storage/safetensors.ts';",
    "export type { Stats } from 'node:fs';",
    "let stats: import('node:fs').Stats;",
    "import { sha256 } from '../platform/sha256.node.ts';",
    "import { around } from '../numeric/around.ts';",
    "import { inMemory } from '../storage/randomAccess.ts';",
  ])('accepts %s', (source) => {
    const sources: Record<string, string> = {
      'flows/new.ts': source,
      'storage/randomAccess.ts': "import { again } from '../flows/new.ts';",
      'numeric/around.ts': "import { again } from '../flows/new.ts';",
      'storage/safetensors.ts': "import { sizeOf } from '../numeric/around.ts';",
    };
    expect(waysToNodeIn(sources)).toEqual([]);
  });

  it.each([
    ['flows/new.ts', "import { join } from 'node:path';"],
    ['runs/folder/new.ts', "import { existsSync } from 'node:fs';"],
    ['evaluation/new.ts', "import type { Stats } from 'node:fs';"],
    ['errors.ts', "import { inspect } from 'util';"],
  ])('forbids %s: %s', (file, source) => {
    expect(nodeViolations(file, source)).toHaveLength(1);
  });

  it.each(['storage/new.ts', 'data/new.ts', 'cli/new.ts', 'platform/new.node.ts', 'flows/new.test.ts'])(
    'permits Node modules in %s',
    (file) => {
      expect(nodeViolations(file, "import { join } from 'node:path';")).toEqual([]);
    },
  );

  it('distinguishes Node globals from members of the same name', () => {
    expect(nodeGlobalsIn('process.exit(); new Foo(Buffer); setImmediate(f);')).toEqual([
      'process',
      'Buffer',
      'setImmediate',
    ]);
    expect(nodeGlobalsIn('a.process(); const { process: own } = a; b = { Buffer: 1 };')).toEqual([]);
  });
});

describe('the page of the studio', () => {
  const page = fileURLToPath(new URL('../studio', import.meta.url));
  // These run when the page is bundled.
  const bundlerFiles = ['vite.config.ts', 'excerpts.ts', 'fonts.ts', 'mixings.ts'];
  const pageFiles = readdirSync(page, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.test.ts') && !bundlerFiles.includes(file));
  const sources = new Map(pageFiles.map((file) => [file, readFileSync(`${page}/${file}`, 'utf8')]));

  it('imports the public API alone, and no room imports another', () => {
    expect(pageFiles.some((file) => file.startsWith('rooms/'))).toBe(true);
    expect([...sources].flatMap(([file, source]) => pageViolations(file, source))).toEqual([]);
  });

  it('uses no Node globals', () => {
    expect(
      [...sources].flatMap(([file, source]) => nodeGlobalsIn(source).map((name) => `${file}: ${name}`)),
    ).toEqual([]);
  });

  it.each([
    ['work/new.ts', "import { loadModel } from '../../src/api/index.web.ts';"],
    ['work/new.ts', "import { emerging } from 'emerging-flows/flows';"],
    ['work/new.ts', "import { plotPng } from '../../src/pictures/drawPlot.ts';"],
    ['new.ts', "import { foundRun } from '../src/studio/foundRun.ts';"],
    ['parts/New.tsx', "import { join } from 'node:path';"],
    ['parts/New.tsx', "import { Draw } from '../rooms/draw/Draw.tsx';"],
    ['rooms/new/New.tsx', "import { Draw } from '../draw/Draw.tsx';"],
    ['rooms/new/New.tsx', "import katex from 'katex';"],
  ])('may not have in %s: %s', (file, source) => {
    expect(pageViolations(file, source)).toHaveLength(1);
  });

  it.each([
    ['work/new.ts', "import { loadModel } from 'emerging-flows';"],
    ['new.ts', "import type { OfferedModel } from '../src/studio/offeredModel.ts';"],
    ['parts/New.tsx', "import { layOutPlot } from '../../src/pictures/plotLayout.ts';"],
    ['rooms.ts', "const room = await import('./rooms/draw/Draw.tsx');"],
    ['rooms/how/New.tsx', "import katex from 'katex'; import excerpts from 'virtual:excerpts';"],
    ['rooms/new/New.tsx', "import './new.css'; import { Slider } from '../../parts/Slider.tsx';"],
  ])('may have in %s: %s', (file, source) => {
    expect(pageViolations(file, source)).toEqual([]);
  });
});

/** The imports of a file of the studio's page that it must not have; `file` is a path within `studio`. */
function pageViolations(file: string, source: string): string[] {
  const packages =
    /^(preact|@preact\/signals|fflate)$|^preact\/hooks$|^emerging-flows(\/(data|tensor|training|worker))?$|^virtual:mixings$/;
  // Plots look the same in files and on the page.
  const plots = /^\.\.\/src\/(pictures\/(plot\w*|svg)|evaluation\/reports\/curvePlot)\.ts$/;
  // Formulas are set in one room; no other loads what sets them.
  const formulas = /^(katex(\/dist\/katex\.min\.css)?|virtual:excerpts)$/;
  const room = /^rooms\/[^/]+\//;
  const types = importsOf(source).filter((specifier) => !importedValues(source).includes(specifier));
  return importsOf(source)
    .filter((specifier) => {
      if (!specifier.startsWith('.')) {
        return !(packages.test(specifier) || (file.startsWith('rooms/how/') && formulas.test(specifier)));
      }
      const target = posix.join(posix.dirname(file), specifier);
      if (target.startsWith('../')) {
        const isType = /^\.\.\/src\/studio\/(offeredModel|foundRun)\.ts$/.test(target);
        return !(isType ? types.includes(specifier) : plots.test(target));
      }
      const own = room.exec(file)?.[0];
      return file !== 'rooms.ts' && room.test(target) && room.exec(target)![0] !== own;
    })
    .map((specifier) => `${file} imports ${specifier}`);
}

/** Files that write documents for users of the command: model cards, and the schema next to a configuration. */
const documents = [
  'evaluation/export/exportModel.ts',
  'evaluation/reports/runCard.ts',
  'experiments/configReference.ts',
];

/** A flag, or `emerging` followed by a command; `emerging convolutions` does not match. */
const commandWords =
  /(^|\s)--[a-z]|\bemerging (bench|compare|config|datasets|decode|devices|doctor|edit|encode|evaluate|export|interpolate|presets|runs|sample|score|studio|train)\b/;

/** The string literals in a file that mention flags or commands. */
function textsWithCommandWords(source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      texts.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest));
  return texts.filter((text) => commandWords.test(text));
}

describe('flags and commands', () => {
  it('are mentioned only in the command line', () => {
    const library = files.filter(
      (file) =>
        !['cli', testFolder].includes(folderOf(file)) &&
        !file.endsWith('.test.ts') &&
        !documents.includes(file),
    );
    const found = library.flatMap((file) =>
      textsWithCommandWords(readFileSync(`${root}/${file}`, 'utf8')).map((text) => `${file}: ${text}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    "throw new Error('use --device cpu');",
    `const text = \`run emerging datasets get \${name}\`;`,
    `const text = \`\${name} is missing: --size\`;`,
  ])('are found in %s', (source) => {
    expect(textsWithCommandWords(source)).toHaveLength(1);
  });

  it('are not found in comments or in the name of the convolution', () => {
    const source = "// Use --device cpu.\nconst text = 'an emerging convolution -- or two';";
    expect(textsWithCommandWords(source)).toEqual([]);
  });
});

describe('files for browsers', () => {
  const { browser } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const web = files.filter((file) => file.endsWith('.web.ts'));

  it('replace those for Node, and have the same functions', async () => {
    const pairs = web.filter((file) => files.includes(file.replace('.web.', '.node.')));
    expect(pairs.length).toBeGreaterThan(3);
    for (const file of pairs) {
      const ours = exportsOf(readFileSync(new URL(file, `file://${root}`), 'utf8'));
      const theirs = exportsOf(
        readFileSync(new URL(file.replace('.web.', '.node.'), `file://${root}`), 'utf8'),
      );
      expect(ours, file).toEqual(expect.arrayContaining(theirs));
      const built = `./dist/${file.replace('.ts', '.js')}`;
      expect(browser[built.replace('.web.', '.node.')], file).toBe(built);
    }
    expect(Object.keys(browser)).toHaveLength(pairs.length);
  });
});

/** The names of the functions that a file exports. */
function exportsOf(source: string): string[] {
  return [...new Set([...source.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name!))];
}
