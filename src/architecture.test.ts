// Checks what each part of the code may import: along the arrows between the folders only, and without cycles.
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importedValues, importsOf, nodeGlobalsIn, sourcesIn, targetOf } from './testing/sources.ts';

/** The folders of `src`, each with those directly below it; whatever can be reached along the arrows may be imported. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  api: ['evaluation'],
  cli: ['studioServer', 'evaluation'],
  studioServer: ['evaluation'],
  evaluation: ['training', 'codec'],
  training: ['trained', 'cluster'],
  codec: ['trained'],
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
  koffi: ['cluster/openMpi.node.ts'],
  'onnxruntime-node': ['engine/nativeRuntime.node.ts'],
  // In Node, `engine/wasmRuntime.node.ts` loads it by path. The tests run exported files with the runtime alone, in both builds.
  'onnxruntime-web': [
    'cli/imageConditions.test.ts',
    'engine/devices/providers.web.ts',
    'evaluation/export/exportModel.test.ts',
    'evaluation/export/exportPrograms.test.ts',
  ],
};

/** The folders whose files may import Node modules; elsewhere only files named `*.node.ts` may. */
const nodeFolders: readonly string[] = ['storage', 'data', 'studioServer', 'cli'];

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
  'storage/memoryFiles.ts',
  'runs/open',
  'trained/likelihood',
  'trained/model',
  'codec',
  'training',
  'evaluation/bijections',
  'evaluation/doctor',
  'evaluation/export/exportPrograms.ts',
  'evaluation/reports/curvePlot.ts',
  'evaluation/measure',
  'evaluation/reports/trainRun.ts',
];

/** Code shared by tests; only tests may import it, and it may import whatever they may. */
const testFolder = 'testing';

const sources = sourcesIn('src');
const files = [...sources.keys()];

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
    const target = targetOf(file, specifier);
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
      const target = specifier.startsWith('.') ? targetOf(last, specifier) : specifier;
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

/** Whether a file is specific to Node and has a counterpart on other platforms. */
function isNodeFile(file: string): boolean {
  return file.endsWith('.node.ts');
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
  const allowed = new Set(folderOf(file) in arrows ? [folderOf(file)] : []);
  for (const folder of allowed) {
    for (const target of arrows[folder]!) {
      allowed.add(target);
    }
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
    expect([...sources].flatMap(([file, source]) => violations(file, source))).toEqual([]);
  });

  it.each([
    ['flows/new.ts', "import { compile } from '../engine/program.ts';"],
    ['flows/new.ts', "import type { Program } from '../engine/program.ts';"],
    ['flows/new.ts', "let program: import('../engine/program.ts').Program;"],
    ['engine/new.ts', "export { chain } from '../flows/chain.ts';"],
    ['engine/new.ts', "const { Glow } = await import('../models/glow.ts');"],
    ['tensor/operations/new.ts', "import { chain } from '../../flows/chain.ts';"],
    ['training/new.ts', "import { scoreTable } from '../evaluation/odd/score.ts';"],
    ['api/index.ts', "export { formatBytes } from '../cli/terminal/format.ts';"],
    ['models/new.ts', "import { Glow } from '../api/flows.ts';"],
    ['errors.ts', "import { sizeOf } from './numeric/ndarray.ts';"],
    ['flows/new.ts', "import { goldenCases } from '../testing/golden.ts';"],
    ['elsewhere/new.ts', "import { sizeOf } from '../numeric/ndarray.ts';"],
    ['engine/program.ts', "import * as ort from 'onnxruntime-node';"],
    ['engine/program.test.ts', "import * as ort from 'onnxruntime-node';"],
  ])('forbid %s: %s', (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  it.each([
    ['cli/new.ts', "import { sizeOf } from '../numeric/ndarray.ts';"],
    ['numeric/new.ts', "import { UserError } from '../errors.ts';"],
    ['api/index.ts', "export { compile } from '../engine/program.ts';"],
    ['flows/new.test.ts', "import { compile } from '../engine/program.ts';"],
    ['testing/new.ts', "import { chain } from '../flows/chain.ts';"],
    ['engine/nativeRuntime.node.ts', "import * as ort from 'onnxruntime-node';"],
    ['engine/program.ts', "import type { TypedTensor } from 'onnxruntime-common';"],
  ])('allow %s: %s', (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });
});

/** What each file imports, including types, by paths from the root of the repository. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** The relative imports of every file in some folders of the repository. */
function importsIn(...folders: readonly string[]): Imports {
  return new Map(
    folders.flatMap((folder) =>
      [...sourcesIn(folder)].map(([name, source]) => {
        const file = `${folder}/${name}`;
        const relative = importsOf(source).filter((specifier) => specifier.startsWith('.'));
        return [file, relative.map((specifier) => targetOf(file, specifier))] as const;
      }),
    ),
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
  // A set that grows is iterated to its end.
  const reached = new Set(imports.get(file));
  for (const next of reached) {
    for (const target of imports.get(next) ?? []) {
      reached.add(target);
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
  const read = (file: string): string => sources.get(file)!;
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
    ['flows/new.ts', "import { join } from 'node:path';", 1],
    ['runs/folder/new.ts', "import { existsSync } from 'node:fs';", 1],
    ['evaluation/new.ts', "import type { Stats } from 'node:fs';", 1],
    ['errors.ts', "import { inspect } from 'util';", 1],
    ['storage/new.ts', "import { join } from 'node:path';", 0],
    ['platform/new.node.ts', "import { join } from 'node:path';", 0],
    ['flows/new.test.ts', "import { join } from 'node:path';", 0],
  ])('in %s, finds in %s so many Node modules that are not allowed: %i', (file, source, count) => {
    expect(nodeViolations(file, source)).toHaveLength(count);
  });

  it('distinguishes Node globals from members of the same name', () => {
    expect(nodeGlobalsIn('process.exit(); new Foo(Buffer); setImmediate(f);')).toEqual([
      'process',
      'Buffer',
      'setImmediate',
    ]);
    expect(nodeGlobalsIn('a.process(); const { process: own } = a; b = { Buffer: 1 };')).toEqual([]);
  });
});

describe('files for browsers', () => {
  const { browser } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const web = files.filter((file) => file.endsWith('.web.ts'));

  it('replace those for Node, and have the same functions', async () => {
    const pairs = web.filter((file) => files.includes(file.replace('.web.', '.node.')));
    expect(pairs.length).toBeGreaterThan(3);
    for (const file of pairs) {
      const ours = exportsOf(sources.get(file)!);
      const theirs = exportsOf(sources.get(file.replace('.web.', '.node.'))!);
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
