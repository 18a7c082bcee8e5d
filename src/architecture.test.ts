// Checks what each file may import: doors of rooms along the arrows between them, and no cycles.
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importedValues, importsOf, nodeGlobalsIn, sourcesIn, targetOf } from './testing/sources.ts';

/** The rooms of `src`, each with those directly below it; whatever can be reached along the arrows may be imported. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  api: ['training'],
  app: ['training'],
  training: ['uses'],
  uses: ['model'],
  model: ['runs'],
  runs: ['flows', 'data'],
  flows: ['tensor'],
  tensor: ['core'],
  data: ['core'],
  core: [],
};

/** Packages, and the only files that may import them. */
const wrapped: Readonly<Record<string, readonly string[]>> = {
  koffi: ['core/ranks/openMpi.node.ts'],
  'onnxruntime-node': ['tensor/engine/nativeRuntime.node.ts'],
  // In Node, `wasmRuntime.node.ts` loads it by path. The tests run exported files with the runtime alone, in both builds.
  'onnxruntime-web': [
    'app/cli/conditions.test.ts',
    'tensor/engine/devices/providers.web.ts',
    'uses/export/exportModel.test.ts',
    'uses/export/exportPrograms.test.ts',
  ],
};

/** The folders whose files may import Node modules; elsewhere only files named `*.node.ts` may. */
const nodeFolders: readonly string[] = ['data', 'app'];

/**
 * Folders and files that must run on any JavaScript platform, as must all `*.web.ts` files: they may reach Node modules only
 * through `*.node.ts` files.
 */
const runsAnywhere: readonly string[] = [
  'core',
  'tensor',
  'flows',
  'data/identity.ts',
  'data/contract',
  'data/pixels',
  'data/pictures',
  'data/files/fileStore.ts',
  'runs/settings',
  'runs/contents',
  'runs/open',
  'model/index.ts',
  'model/likelihood',
  'model/measure',
  'uses/codec',
  'uses/doctor',
  'uses/export/exportPrograms.ts',
  'training/action',
  'training/gradients',
  'training/loop',
  'training/reports/curvePlot.ts',
  'training/reports/trainRun.ts',
  'training/step',
  'api/index.web.ts',
  'api/data.web.ts',
  'api/training.web.ts',
  'api/worker.web.ts',
];

/** Code shared by tests; only tests may import it, and it may import whatever they may. */
const testFolder = 'testing';

const sources = sourcesIn('src');
const files = [...sources.keys()];
const room = (file: string): string => file.split('/')[0]!;
const isTest = (file: string): boolean => file.endsWith('.test.ts') || room(file) === testFolder;
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

/** The files that other rooms may import: all that the README of a room names under "Doors". */
function doorsIn(name: string): string[] {
  const readme = new URL(`${name}/README.md`, import.meta.url);
  const section = existsSync(readme) ? (readFileSync(readme, 'utf8').split('## Doors')[1] ?? '') : '';
  const [list] = section.split('\n## ');
  return [...list!.matchAll(/`([^`]+\.ts)`/g)].map(([, path]) => `${name}/${path}`);
}

describe('rooms', () => {
  const crossings = files
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      targets(file)
        .filter((target) => room(target) !== room(file))
        .map((target) => ({ file, target, text: `${file} imports ${target}` })),
    );

  it('are the folders of src', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map(room));
    expect([...folders].sort()).toEqual([...Object.keys(arrows), testFolder].sort());
  });

  it('import along the arrows, and use each arrow', () => {
    const isAllowed = ({ file, target }: { file: string; target: string }): boolean =>
      reachable(room(file), (name) => arrows[name]!).has(room(target));
    expect(crossings.filter((crossing) => !isAllowed(crossing)).map(({ text }) => text)).toEqual([]);
    const used = new Set(crossings.map(({ file, target }) => `${room(file)} ${room(target)}`));
    const pairs = Object.entries(arrows).flatMap(([from, tos]) => tos.map((to) => `${from} ${to}`));
    expect(pairs.filter((pair) => !used.has(pair))).toEqual([]);
  });

  it('import what the others name as doors, and name nothing else', () => {
    const doors = Object.keys(arrows).flatMap(doorsIn);
    const entered = new Set(crossings.map(({ target }) => target));
    expect(crossings.filter(({ target }) => !doors.includes(target)).map(({ text }) => text)).toEqual([]);
    expect(doors.filter((door) => !entered.has(door))).toEqual([]);
  });

  it('hold uses of a model that do not import each other', () => {
    const use = (file: string): string => file.split('/')[1]!;
    const others = files
      .filter((file) => room(file) === 'uses' && !isTest(file))
      .flatMap((file) =>
        targets(file)
          .filter((target) => room(target) === 'uses' && use(target) !== use(file))
          .map((target) => `${file} imports ${target}`),
      );
    expect(others).toEqual([]);
  });

  it('have no two folders that import each other', () => {
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

  it('have no cycle of files', () => {
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
      (file) => !isTest(file) && !isForNode(file) && !nodeFolders.includes(room(file)),
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
