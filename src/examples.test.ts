// The examples in README.md, docs/start.md, docs/fields.md and docs/library.md compile and run, and those in doc comments compile.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode } from 'fast-png';
import ts from 'typescript';
import { beforeAll, expect, it } from 'vitest';
import { buildPackage, commandLine } from './testing/command.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = (path: string): string => join(root, 'src/api', `${path.slice(1) || 'index'}.ts`);
const builtPackage = buildPackage();
const emerging = commandLine(builtPackage);

/** The examples in a document that are marked as runnable. */
function examplesOf(file: string): string[] {
  const blocks = readFileSync(join(root, file), 'utf8').matchAll(
    /<!-- example: run as a test -->\n```ts\n([\s\S]*?)```/g,
  );
  return [...blocks].map(([, code]) => code!);
}

/** The examples in the doc comments of the sources. */
function examplesInComments(): string[] {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  return sources.flatMap((file) => {
    const text = readFileSync(join(root, 'src', file), 'utf8');
    return [...text.matchAll(/ \* @example\n \* ```ts\n([\s\S]*?) \* ```/g)].map(([, lines]) =>
      lines!.replace(/^ \* ?/gm, ''),
    );
  });
}

const [readme] = examplesOf('README.md') as [string];
const [start] = examplesOf('docs/start.md') as [string];
const [action] = examplesOf('docs/fields.md') as [string];
const library = examplesOf('docs/library.md');
const [trained, returning, inside, langevin, training, mixing, parts, flow, own, below] = library as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

/** The name of a module that another example imports, from its first line. */
function nameIn(code: string): string | undefined {
  return /^\/\/ (\w+)\.mts\n/.exec(code)?.[1];
}

/** Writes an example into the project that has the package and `runs/quickstart`. */
function write(name: string, code: string): string {
  const file = join(emerging.folder, `${name}.mjs`);
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    },
  });
  writeFileSync(file, outputText);
  return file;
}

/** Runs an example there; returns its output, line by line. */
async function run(name: string, code: string): Promise<string[]> {
  const file = write(name, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: emerging.folder });
  return stdout.trimEnd().split('\n');
}

beforeAll(async () => {
  symlinkSync(join(root, 'models'), join(builtPackage, 'models'));
  mkdirSync(join(emerging.folder, 'node_modules'));
  symlinkSync(builtPackage, join(emerging.folder, 'node_modules/emerging-flows'));
  // The quick-start model, but smaller, and barely trained.
  const smaller = ['--set=model.depth=1', '--set=model.width=16', '--set=data.validation=0.005'];
  const options = [...smaller, '--stop-at=1', '--no-test', '--out=runs/quickstart'];
  await emerging.json('train', '--preset=mnist-quickstart', ...options);
});

it('compile', () => {
  const inComments = examplesInComments();
  expect(inComments.length).toBeGreaterThan(15);
  const wrong = "import { loadModel } from 'emerging-flows';\nloadModel(7);";
  const codes = new Map(
    [readme, start, action, ...library, ...inComments, wrong].map((code, number) => [
      join(root, `${nameIn(code) ?? `example${number}`}.mts`),
      code,
    ]),
  );
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const paths = { 'emerging-flows': [entry('')], 'emerging-flows/*': [entry('/*')] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => codes.has(file) || fileExists(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const code = codes.get(file);
    return code === undefined
      ? getSourceFile(file, languageVersion, ...rest)
      : ts.createSourceFile(file, code, languageVersion);
  };
  const program = ts.createProgram([...codes.keys()], { ...options, paths, noUnusedLocals: true }, host);
  const problems = [...codes.keys()].map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      // Examples in comments end where a program goes on.
      .filter(({ reportsUnnecessary }) => !(reportsUnnecessary && inComments.includes(codes.get(file)!)))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  );
  const found =
    "Argument of type 'number' is not assignable to parameter of type " +
    "'string | URL | Readonly<Record<string, string | Uint8Array<ArrayBufferLike>>>'.";
  expect(problems).toEqual([...Array(13 + inComments.length).fill([]), [found]]);
});

it('README.md: samples are recovered from their latents', async () => {
  const lines = await run('readme', readme);
  expect(lines[0]).toMatch(/^12544 true Float64Array\(16\) \[$/);
});

it('docs/start.md: samples, and what they cost', async () => {
  expect((await run('start', start))[0]).toMatch(/^12544 Float64Array\(16\) \[$/);
});

it('docs/fields.md: a model trained to an action', async () => {
  const few = action
    .replace('depth: 8', 'depth: 1')
    .replace('steps: 2500', 'steps: 4')
    .replace('batchSize: 256', 'batchSize: 16')
    .replace('count: 4096', 'count: 64');
  const [weighted, chain] = await run('action', few);
  expect(weighted).toMatch(/^0\.\d+ -?[\d.]+ 4096$/);
  expect(chain).toMatch(/^[\d.]+ 64$/);
});

it('docs/library.md: a trained model', async () => {
  const lines = await run('trained', trained);
  expect(lines[0]).toBe('[ 28, 28, 1 ] 8 [ [ 14, 14, 2 ], [ 7, 7, 8 ] ]');
  expect(lines.slice(1, 3)).toEqual(['[ 2, 14, 14, 2 ] 784', '[ 2, 7, 7, 8 ] 784']);
  const { width, height } = decode(readFileSync(join(emerging.folder, 'between.png')));
  expect([width, height]).toEqual([8 * 58 - 2, 56]);
});

it('docs/library.md: images that return', async () => {
  const lines = await run('returning', returning);
  expect(lines.at(-1)).toBe('true');
});

it('docs/library.md: looking inside', async () => {
  expect((await run('inside', inside)).join(' ')).toBe('[ 2, 28, 28 ] 784 784');
  for (const [file, size] of [
    // An image and its map, then the labels of the scale, which are wider for larger numbers.
    ['map.png', [expect.any(Number), 224 + 34]],
    ['levels-0-steps-0.png', [2 * 58 - 2, 56]],
    ['levels-1-squeeze.png', [56, 2 * 30 - 2]],
  ] as const) {
    const { width, height } = decode(readFileSync(join(emerging.folder, file)));
    expect([file, width, height]).toEqual([file, ...size]);
  }
});

it('docs/library.md: Langevin steps', async () => {
  const [steps, pixels] = await run('langevin', langevin);
  expect(steps).toMatch(/^[1-9]\d? of 20 accepted -?\d+\.\d+$/);
  expect(pixels).toBe('784');
});

it('docs/library.md: building and training', async () => {
  const lines = await run('training', training);
  expect(lines).toHaveLength(12);
  const losses = lines.slice(0, 10).map((line) => Number(line.split(' ')[1]));
  expect(losses[9]).toBeLessThan(losses[0]!);
  expect(lines[10]).toMatch(/^runs.small.checkpoints.step-00000010\.safetensors \d/);
  expect(lines[11]).toMatch(/^\d+\.\d+ 0\.\d+ \d+$/);
});

it('docs/library.md: your own mixing, conditioner, transformer and flow, with two workers', async () => {
  for (const module of [mixing, parts, flow]) {
    write(nameIn(module)!, module);
  }
  const lines = await run('own', own.replace('steps: 10', 'steps: 2'));
  expect(lines).toEqual(['true', '3136', '3136']);
});

it('docs/library.md: the graph below', async () => {
  const lines = await run('below', below);
  const [energy, ...others] = lines.join(' ').match(/\d+\.\d+/g)!;
  expect(others).toEqual([energy, energy]);
});
