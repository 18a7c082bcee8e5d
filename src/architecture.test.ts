// Checks what each part of the code may import: along the arrows between the folders only, and without cycles.
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importedValues, importsOf, nodeGlobalsIn, sourcesIn, targetOf } from './testing/sources.ts';

/** The folders of `src`, each with those directly below it; whatever can be reached along the arrows may be imported. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  api: ['evaluation', 'codec'],
  cli: ['studioServer', 'evaluation', 'codec'],
  studioServer: ['evaluation'],
  evaluation: ['training', 'pictures'],
  training: ['trained', 'cluster'],
  codec: ['trained', 'pictures'],
  trained: ['runs', 'engine', 'cluster'],
  runs: ['experiments'],
  experiments: ['models', 'data', 'optimizers'],
  models: ['flows'],
  flows: ['tensor'],
  optimizers: ['tensor'],
  engine: ['tensor'],
  tensor: ['numeric'],
  data: ['storage'],
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
    'cli/conditions.test.ts',
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
  'storage/fileStore.ts',
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
const isTest = (file: string): boolean => file.endsWith('.test.ts') || folder(file) === testFolder;
const isForNode = (file: string): boolean => file.endsWith('.node.ts');

/** What each file imports, including types: files by their paths within `src`, and packages. */
const imports = new Map(
  [...sources].map(([file, source]) => [
    file,
    importsOf(source).map((specifier) => (specifier.startsWith('.') ? targetOf(file, specifier) : specifier)),
  ]),
);
const targets = (file: string): readonly string[] =>
  imports.get(file)!.filter((target) => sources.has(target));
const packages = (file: string): readonly string[] =>
  imports.get(file)!.filter((target) => !sources.has(target));

/** The folder of a file directly below `src`; the file itself if it is in none. */
function folder(file: string): string {
  return file.split('/')[0]!;
}

/** What can be reached by repeated steps: itself only through a cycle. */
function reachable<Item>(start: Item, next: (item: Item) => readonly Item[]): ReadonlySet<Item> {
  // A set that grows is iterated to its end.
  const reached = new Set(next(start));
  for (const item of reached) {
    for (const further of next(item)) {
      reached.add(further);
    }
  }
  return reached;
}

describe('the arrows between folders', () => {
  const crossings = files
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      targets(file)
        .filter((target) => folder(target) !== folder(file) && !sharedFiles.includes(target))
        .map((target) => ({ file, target })),
    );

  it('cover every folder', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map(folder));
    expect([...folders].sort()).toEqual([...Object.keys(arrows), testFolder].sort());
  });

  it('allow every import', () => {
    const isAllowed = (from: string, to: string): boolean =>
      from in arrows && reachable(from, (name) => arrows[name]!).has(to);
    const others = crossings.filter(({ file, target }) => !isAllowed(folder(file), folder(target)));
    expect(others.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('are all used', () => {
    const used = new Set(crossings.map(({ file, target }) => `${folder(file)} ${folder(target)}`));
    const unused = Object.entries(arrows).flatMap(([from, tos]) =>
      tos.map((to) => `${from} ${to}`).filter((arrow) => !used.has(arrow)),
    );
    expect(unused).toEqual([]);
  });

  it('lead into no folder that leads back, at any depth', () => {
    const pairs = new Set(
      files
        .filter((file) => !isTest(file))
        .flatMap((file) => targets(file).map((target) => `${posix.dirname(file)} ${posix.dirname(target)}`)),
    );
    const mutual = [...pairs].filter((pair) => {
      const [from, to] = pair.split(' ') as [string, string];
      return from < to && pairs.has(`${to} ${from}`);
    });
    expect(mutual).toEqual([]);
  });

  it('form no cycle of files', () => {
    expect(files.filter((file) => reachable(file, targets).has(file))).toEqual([]);
  });
});

it('wraps some packages', () => {
  const others = files.flatMap((file) =>
    packages(file)
      .filter((name) => name in wrapped && !wrapped[name]!.includes(file))
      .map((name) => `${file} imports ${name}`),
  );
  expect(others).toEqual([]);
});

describe('code that runs without Node', () => {
  const entries = files.filter(
    (file) =>
      (file.endsWith('.web.ts') ||
        runsAnywhere.some((entry) => file === entry || file.startsWith(`${entry}/`))) &&
      !isTest(file) &&
      !isForNode(file),
  );
  const loads = (file: string): readonly string[] =>
    importedValues(sources.get(file)!)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => targetOf(file, specifier))
      .filter((target) => !isForNode(target));
  const loaded = [...new Set(entries.flatMap((file) => [file, ...reachable(file, loads)]))];

  it('loads no module of Node, and uses none of its globals', () => {
    const faults = loaded.flatMap((file) => {
      const source = sources.get(file)!;
      return [...importedValues(source).filter((name) => isBuiltin(name)), ...nodeGlobalsIn(source)].map(
        (name) => `${file}: ${name}`,
      );
    });
    expect(faults).toEqual([]);
    // Every entry of the list names something.
    expect(runsAnywhere.filter((entry) => !loaded.some((file) => file.startsWith(entry)))).toEqual([]);
  });

  it('keeps modules of Node in a few folders and files', () => {
    const others = files.filter(
      (file) => !isTest(file) && !isForNode(file) && !nodeFolders.includes(folder(file)),
    );
    expect(others.filter((file) => packages(file).some((name) => isBuiltin(name)))).toEqual([]);
  });

  it('has files for browsers that replace those for Node, with the same functions', () => {
    const { browser } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const replaced = files.filter((file) => isForNode(file) && sources.has(file.replace('.node.', '.web.')));
    const built = (file: string): string => `./dist/${file.replace('.ts', '.js')}`;
    const pairs = replaced.map((file) => [built(file), built(file.replace('.node.', '.web.'))]);
    expect(browser).toEqual(Object.fromEntries(pairs));
    const functions = (file: string): string[] =>
      [...sources.get(file)!.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name!);
    for (const file of replaced) {
      const web = file.replace('.node.', '.web.');
      expect(functions(web), web).toEqual(expect.arrayContaining(functions(file)));
    }
  });
});
