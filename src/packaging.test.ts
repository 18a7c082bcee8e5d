// The package as users get it: installed without warnings and downloads by every npm, each entry point with its types.
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

const { packages }: { packages: Record<string, { hasInstallScript?: boolean }> } = read('package-lock.json');
const {
  allowScripts,
  exports: exported,
}: Record<'allowScripts' | 'exports', Record<string, unknown>> = read('package.json');

const installScripts = Object.entries(packages)
  .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
  .map(([path]) => path.replace(/^.*node_modules\//, ''));

it('keeps npm 10 from running the install script of onnxruntime-node, which downloads CUDA', () => {
  // npm 10 does not support `allowScripts`, and npm 11 warns about onnxruntime-node's own key in .npmrc. Both trust the
  // lockfile: after upgrading the package, delete `hasInstallScript` from its entry again.
  expect(Object.keys(packages)).toContain('node_modules/onnxruntime-node');
  expect(installScripts).not.toContain('onnxruntime-node');
});

it('tells npm 11 of every package with an install script whether it may run', () => {
  expect(installScripts).not.toHaveLength(0);
  expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(installScripts));
  // npm 11 does not run it even if the lockfile is regenerated.
  expect(allowScripts['onnxruntime-node']).toBe(false);
});

describe('the entry points of the package, built and installed elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  // A worker's script runs in a browser alone.
  const entries = Object.keys(exported)
    .filter((path) => path !== './worker')
    .map((path) => path.replace('.', 'emerging-flows'));

  beforeAll(async () => {
    const home = join(folder, 'node_modules/emerging-flows');
    mkdirSync(home, { recursive: true });
    const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const build = [compiler, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(home, 'dist')];
    await promisify(execFile)(process.execPath, build, { cwd: root });
    copyFileSync(join(root, 'package.json'), join(home, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'), 'junction');
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('can be imported, and no two export the same name', async () => {
    const script = `
      const names = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry).then(Object.keys)));
      console.log(JSON.stringify(names));
    `;
    const options = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: folder });
    const names: string[][] = JSON.parse(stdout);
    expect(entries).toHaveLength(5);
    expect(names.map((one) => one.length)).not.toContain(0);
    expect(names.flat().filter((name, index, all) => all.indexOf(name) !== index)).toEqual([]);
  });

  it('have types, for a program that has only the types of Node', () => {
    const file = join(folder, 'program.mts');
    writeFileSync(
      file,
      `
        import { type FlowModel, loadModel, UserError } from 'emerging-flows';
        import { openDataset } from 'emerging-flows/data';
        import { emerging } from 'emerging-flows/flows';
        import { input, operations } from 'emerging-flows/tensor';
        import { resolveConfig } from 'emerging-flows/training';
        await using model: FlowModel = await loadModel('runs/a');
        model.sample({ count: 'one' });
        openDataset(1, { validation: 0 });
        emerging([4, 6]);
        operations.add(input('x', [1]), 'two');
        resolveConfig({ preset: 3 });
        export const isLocked = (error: unknown) => error instanceof UserError && error.code === 'locke';
      `,
    );
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    };
    const program = ts.createProgram([file], options);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    // Exactly one error per mistake.
    expect(problems).toEqual([
      expect.stringMatching(/^Type 'string' is not assignable to type 'number'/),
      expect.stringMatching(/^Argument of type 'number' is not assignable to parameter of type 'string'/),
      expect.stringMatching(/^Argument of type '\[number, number\]' is not assignable/),
      expect.stringMatching(/^Argument of type '"two"'|^Argument of type 'string'/),
      expect.stringMatching(/^Type 'number' is not assignable to type 'string'/),
      expect.stringMatching(/'UserErrorCode' and '"locke"' have no overlap/),
    ]);
  });
});
