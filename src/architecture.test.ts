// Checks what each file may import: doors of rooms along the arrows between them, and no cycles.
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import { importGraph, isTest, reachable } from './testing/sources.ts';

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
  // In Node, `wasmRuntime.node.ts` loads it by path. The tests run exported files with only the runtime, in both builds.
  'onnxruntime-web': [
    'tensor/engine/devices/providers.web.ts',
    'uses/export/exportModel.test.ts',
    'uses/export/exportPrograms.test.ts',
  ],
};

/** An import of one file of `src` by another. */
interface Import {
  readonly file: string;
  readonly target: string;
}

const { files, targets, packages } = importGraph('src');
const room = (file: string): string => file.split('/')[0]!;
/** The imports outside tests, which may import anything. */
const imports: readonly Import[] = files
  .filter((file) => !isTest(file))
  .flatMap((file) => targets(file).map((target) => ({ file, target })));
/** Those from one room to another. */
const crossings = imports.filter(({ file, target }) => room(file) !== room(target));
const show = ({ file, target }: Import): string => `${file} imports ${target}`;

/** The files that other rooms may import: all that the README of a room names under "Doors". */
function doorsIn(name: string): string[] {
  const readme = new URL(`${name}/README.md`, import.meta.url);
  const section = existsSync(readme) ? (readFileSync(readme, 'utf8').split('## Doors')[1] ?? '') : '';
  const [list] = section.split('\n## ');
  return [...list!.matchAll(/`([^`]+\.ts)`/g)].map(([, path]) => `${name}/${path}`);
}

it('has the rooms as folders', () => {
  const folders = new Set(files.filter((file) => file.includes('/')).map(room));
  expect([...folders].sort()).toEqual([...Object.keys(arrows), 'testing'].sort());
});

it('imports along the arrows, and uses each arrow', () => {
  const below = (name: string) => reachable(arrows[name]!, (next) => arrows[next]!);
  const wrong = crossings.filter(({ file, target }) => !below(room(file)).has(room(target)));
  expect(wrong.map(show)).toEqual([]);
  const used = new Set(crossings.map(({ file, target }) => `${room(file)} to ${room(target)}`));
  const allowed = Object.entries(arrows).flatMap(([from, tos]) => tos.map((to) => `${from} to ${to}`));
  expect(allowed.filter((arrow) => !used.has(arrow))).toEqual([]);
});

it('imports only doors of other rooms, and uses each door', () => {
  const doors = Object.keys(arrows).flatMap(doorsIn);
  const wrong = crossings.filter(({ target }) => !doors.includes(target));
  expect(wrong.map(show)).toEqual([]);
  const used = new Set(crossings.map(({ target }) => target));
  expect(doors.filter((door) => !used.has(door))).toEqual([]);
  // More than a reader can remember already; use an index, or put code where it is used.
  expect(doors.length).toBeLessThanOrEqual(90);
});

it('has uses of a model that do not import each other', () => {
  const use = (file: string): string => file.split('/')[1]!;
  const inUses = imports.filter(({ file, target }) => room(file) === 'uses' && room(target) === 'uses');
  expect(inUses.filter(({ file, target }) => use(file) !== use(target)).map(show)).toEqual([]);
});

it('has no two folders that import each other', () => {
  const pairs = new Set(imports.map(({ file, target }) => `${posix.dirname(file)} ${posix.dirname(target)}`));
  const mutual = [...pairs].filter((pair) => {
    const [from, to] = pair.split(' ') as [string, string];
    return from < to && pairs.has(`${to} ${from}`);
  });
  expect(mutual).toEqual([]);
});

it('has no cycle of files', () => {
  expect(files.filter((file) => reachable(targets(file), targets).has(file))).toEqual([]);
});

it('imports some packages in one place', () => {
  const wrong = files.flatMap((file) =>
    packages(file)
      .filter((name) => name in wrapped && !wrapped[name]!.includes(file))
      .map((name) => `${file} imports ${name}`),
  );
  expect(wrong).toEqual([]);
});
