// The examples in README.md and in documents of the library run; src/packaging.test.ts compiles them. One process runs
// them all.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode } from 'fast-png';
import ts from 'typescript';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type {} from './testing/builtPackage.ts';
import { examplesInDocument, moduleName } from './testing/documentExamples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emerging-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [readme] = examplesInDocument('README.md') as [string];
const [start] = examplesInDocument('docs/start.md') as [string];
const [action] = examplesInDocument('docs/fields.md') as [string];
const [points] = examplesInDocument('docs/points.md') as [string];
const [loop] = examplesInDocument('docs/tensor.md') as [string];
const [prior] = examplesInDocument('docs/layers/prior.md') as [string];
const library = examplesInDocument('docs/library.md');
const modules = library.filter((code) => moduleName(code) !== undefined);
const [trained, returning, inside, odd, langevin, training, ownParts, below] = library.filter(
  (code) => moduleName(code) === undefined,
) as [string, string, string, string, string, string, string, string];

/** A document's code with smaller numbers. */
function smaller(code: string, ...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, code);
}

/** The examples by name, in running order: `training` trains the model that others load. */
const examples = {
  readme,
  start,
  loop,
  prior,
  training: smaller(training, [
    'depth: 2, conditioner: { width: 16 }',
    'depth: 1, conditioner: { width: 8 }',
  ]),
  trained,
  returning,
  inside,
  odd,
  langevin,
  below,
  action: smaller(
    action,
    ['depth: 8', 'depth: 1'],
    ['steps: 2500', 'steps: 4'],
    ['batchSize: 256', 'batchSize: 16'],
    ['count: 4096', 'count: 64'],
  ),
  points: smaller(points, ['steps: 200', 'steps: 3']),
  own: smaller(ownParts, ['steps: 10', 'steps: 2']),
};
type Name = keyof typeof examples;

/** Writes an example, as JavaScript. */
function write(name: string, code: string): void {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    },
  });
  writeFileSync(join(folder, `${name}.mjs`), outputText);
}

/** The output of each example, line by line; of one that failed, the error. */
let output: Map<Name, string[]>;

beforeAll(async () => {
  const installed = join(folder, 'node_modules/emerging-flows');
  mkdirSync(installed, { recursive: true });
  for (const [source, name] of [
    [inject('builtPackage'), 'dist'],
    [root, 'models'],
    [root, 'package.json'],
  ] as const) {
    symlinkSync(join(source, name), join(installed, name));
  }
  // The documents load the run of the quick start.
  mkdirSync(join(folder, 'runs'));
  symlinkSync(join(folder, 'runs/small'), join(folder, 'runs/quickstart'));
  for (const module of modules) {
    write(moduleName(module)!, module);
  }
  for (const [name, code] of Object.entries(examples)) {
    write(name, code);
  }
  const program = `
    for (const name of ${JSON.stringify(Object.keys(examples))}) {
      await import(\`./\${name}.mjs\`).catch((error) => console.log(error));
      console.log('\\0');
    }`;
  writeFileSync(join(folder, 'all.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['all.mjs'], { cwd: folder });
  const texts = stdout.split('\0\n');
  output = new Map(
    (Object.keys(examples) as Name[]).map((name, index) => [name, texts[index]!.trimEnd().split('\n')]),
  );
});

it('README.md: samples are recovered from their latents', () => {
  expect(output.get('readme')![0]).toMatch(/^12544 true Float64Array\(16\) \[$/);
});

it('docs/start.md: samples, and what they cost', () => {
  expect(output.get('start')![0]).toMatch(/^12544 Float64Array\(16\) \[$/);
});

it('docs/fields.md: a model trained to an action', () => {
  const [weighted, chain] = output.get('action')!;
  expect(weighted).toMatch(/^0\.\d+ -?[\d.]+ 4096$/);
  expect(chain).toMatch(/^[\d.]+ 64$/);
});

it('docs/points.md: the density of points', () => {
  expect(output.get('points')).toEqual(['2000 1000']);
});

it('docs/tensor.md: a loop with an optimiser', () => {
  const losses = output.get('loop')!.map((line) => Number(line.split(' ')[1]));
  expect(losses).toHaveLength(5);
  expect(losses[0]).toBeGreaterThan(0.4);
  expect(losses[4]).toBeLessThan(0.002);
});

it('docs/layers/prior.md: a distribution that integrates to 1', () => {
  expect(output.get('prior')).toEqual(['true']);
});

it('docs/library.md: a trained model', () => {
  const lines = output.get('trained')!;
  expect(lines[0]).toBe('[ 28, 28, 1 ] 8 [ [ 14, 14, 2 ], [ 7, 7, 8 ] ]');
  expect(lines.slice(1, 3)).toEqual(['[ 2, 14, 14, 2 ] 784', '[ 2, 7, 7, 8 ] 784']);
  const { width, height } = decode(readFileSync(join(folder, 'between.png')));
  expect([width, height]).toEqual([8 * 58 - 2, 56]);
});

it('docs/library.md: images that return', () => {
  expect(output.get('returning')!.at(-1)).toBe('true');
});

it('docs/library.md: looking inside', () => {
  expect(output.get('inside')!.join(' ')).toBe('[ 2, 28, 28 ] 784 784');
  for (const [file, size] of [
    // An image and its map, then the labels of the scale, which are wider for larger numbers.
    ['map.png', [expect.any(Number), 224 + 34]],
    ['levels-0-steps-0.png', [2 * 58 - 2, 56]],
    ['levels-1-squeeze.png', [56, 2 * 30 - 2]],
  ] as const) {
    const { width, height } = decode(readFileSync(join(folder, file)));
    expect([file, width, height]).toEqual([file, ...size]);
  }
});

it('docs/library.md: odd images', () => {
  const lines = output.get('odd')!;
  expect(lines[0]).toMatch(/^\d+ [\d.]+ 0\.0\d+ [\d.]+$/);
  expect(lines.slice(1).join(' ')).toMatch(
    /^\{ row: .* deviations: .*\} 12 false \[.*\] typicality \[.*\] 12$/,
  );
});

it('docs/library.md: Langevin steps', () => {
  const [steps, pixels] = output.get('langevin')!;
  expect(steps).toMatch(/^[1-9]\d? of 20 accepted -?\d+\.\d+$/);
  expect(pixels).toBe('784');
});

it('docs/library.md: building and training', () => {
  const lines = output.get('training')!;
  expect(lines).toHaveLength(12);
  const losses = lines.slice(0, 10).map((line) => Number(line.split(' ')[1]));
  expect(losses[9]).toBeLessThan(losses[0]!);
  expect(lines[10]).toMatch(/^runs.small.checkpoints.step-00000010\.safetensors \d/);
  expect(lines[11]).toMatch(/^\d+\.\d+ 0\.\d+ \d+$/);
});

it('docs/library.md: your own mixing, conditioner, transformer and flow, with two workers', () => {
  expect(output.get('own')).toEqual(['true', '3136', '3136']);
});

it('docs/library.md: the graph below', () => {
  const [energy, ...others] = output
    .get('below')!
    .join(' ')
    .match(/\d+\.\d+/g)!;
  expect(others).toEqual([energy, energy]);
});
