// Checks which files need Node: the others run on any JavaScript platform.
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { expect, it } from 'vitest';
import {
  importedValues,
  importGraph,
  isTest,
  nodeGlobalsIn,
  reachable,
  resolveImport,
} from './testing/sources.ts';

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
  'api/actions.ts',
  'api/index.web.ts',
  'api/data.web.ts',
  'api/pictures.ts',
  'api/training.web.ts',
  'api/worker.web.ts',
];

const { files, source, packages } = importGraph('src');
const isForNode = (file: string): boolean => file.endsWith('.node.ts');
const isWithin = (file: string, entry: string): boolean => file === entry || file.startsWith(`${entry}/`);

it('loads no module of Node, and uses none of its globals, where code runs anywhere', () => {
  const entries = files.filter(
    (file) =>
      (file.endsWith('.web.ts') || runsAnywhere.some((entry) => isWithin(file, entry))) &&
      !isTest(file) &&
      !isForNode(file),
  );
  const loads = (file: string): readonly string[] =>
    importedValues(source(file))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolveImport(file, specifier))
      .filter((target) => !isForNode(target));
  const faults = [...reachable(entries, loads)].flatMap((file) => {
    const modules = importedValues(source(file)).filter((name) => isBuiltin(name));
    return [...modules, ...nodeGlobalsIn(source(file))].map((name) => `${file}: ${name}`);
  });
  expect(faults).toEqual([]);
  expect(runsAnywhere.filter((entry) => !entries.some((file) => isWithin(file, entry)))).toEqual([]);
});

it('imports modules of Node in a few folders and files', () => {
  const others = files.filter(
    (file) => !isTest(file) && !isForNode(file) && !nodeFolders.some((folder) => isWithin(file, folder)),
  );
  expect(others.filter((file) => packages(file).some((name) => isBuiltin(name)))).toEqual([]);
});

it('has files for browsers that replace those for Node, with the same functions', () => {
  const { browser } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const web = (file: string): string => file.replace('.node.', '.web.');
  const replaced = files.filter((file) => isForNode(file) && files.includes(web(file)));
  const built = (file: string): string => `./dist/${file.replace('.ts', '.js')}`;
  expect(browser).toEqual(Object.fromEntries(replaced.map((file) => [built(file), built(web(file))])));
  const functions = (file: string): string[] =>
    [...source(file).matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name!);
  for (const file of replaced) {
    expect(functions(web(file)), web(file)).toEqual(expect.arrayContaining(functions(file)));
  }
});
