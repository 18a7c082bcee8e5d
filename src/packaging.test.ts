// The package as users get it: installed without failing downloads by every npm, packed, and used in projects of their
// own from TypeScript, CommonJS and a bundled page.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largestDifference } from './core/numeric/statistics.ts';
import { loadModel } from './model/loading/loadModel.ts';
import type { Device } from './tensor/engine/devices/device.ts';
import { buildPackage, commandLine } from './testing/command.ts';
import {
  examplesInComments,
  examplesInDocument,
  moduleName,
  shownProgram,
} from './testing/documentExamples.ts';
import { lockedPackages, type PackedPackage, packPackage, repository } from './testing/packedPackage.ts';
import { chromiumPath, openChromium } from './testing/pages.ts';
import { bundledPage, serveFolder, startStudio } from './testing/studio.ts';

const run = promisify(execFile);
const read = (name: string) => JSON.parse(readFileSync(join(repository, name), 'utf8'));

const packages = lockedPackages();
const {
  allowScripts,
  exports: exported,
  optionalDependencies: optional,
}: Record<'allowScripts' | 'exports' | 'optionalDependencies', Record<string, unknown>> = read(
  'package.json',
);

const installScripts = packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);

/** This Node, and the newest one if NEWEST_NODE is its path, as `.ci/run` sets it. */
const nodes = [process.execPath, ...(process.env.NEWEST_NODE ? [process.env.NEWEST_NODE] : [])];

it('keeps npm 10 from running the install script of onnxruntime-node, which downloads CUDA', () => {
  // npm 10 does not support `allowScripts`, and npm 11 warns about onnxruntime-node's own key in .npmrc. Both trust the
  // lockfile: after upgrading the package, delete `hasInstallScript` from its entry again.
  expect(packages.map(({ name }) => name)).toContain('onnxruntime-node');
  expect(installScripts).not.toContain('onnxruntime-node');
});

it('tells npm 11 of every package with an install script whether it may run', () => {
  expect(installScripts).not.toHaveLength(0);
  expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(installScripts));
  // npm 11 does not run it even if the lockfile is regenerated.
  expect(allowScripts['onnxruntime-node']).toBe(false);
});

it('installs elsewhere even if an install script fails: every package with one is optional', () => {
  const needed = packages.filter(({ dev, optional }) => !(dev || optional)).map(({ name }) => name);
  expect(needed).toContain('zod');
  expect(needed.filter((name) => name in allowScripts)).toEqual([]);
});

it('keeps the old build until the new one is complete', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emerging-swap-'));
  const swap = () =>
    run(process.execPath, [join(repository, 'scripts/swap-folder.mjs'), 'new', 'dist', 'page'], {
      cwd: folder,
    });
  try {
    for (const name of ['dist/page', 'new']) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'file.js'), name);
    }
    writeFileSync(join(folder, 'dist/old.js'), '');
    await swap();
    await expect(swap()).rejects.toThrow('there is no new');
    expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual([
      'dist',
      'dist/file.js',
      'dist/page',
      'dist/page/file.js',
    ]);
    expect(readFileSync(join(folder, 'dist/file.js'), 'utf8')).toBe('new');
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(read('package.json').scripts['build:code']).toMatch(
    / --outDir dist-new .*swap-folder\.mjs dist-new dist page$/,
  );
});

describe('the packed package, unpacked with only its dependencies', () => {
  let packed: PackedPackage;
  /** All files below and the package's declarations, which are read once. */
  let program: ts.Program;
  beforeAll(async () => {
    packed = await packPackage();
    const written = Object.entries(typed).map(([name, code]) => packed.write(name, code));
    program = createProgram([...declarations(), ...written], { skipLibCheck: false });
  });

  const entries = Object.keys(exported)
    // A worker's script runs only in a browser.
    .filter((path) => !/worker|json|models/.test(path))
    .map((path) => path.replace('.', 'emerging-flows'));

  it('has what is used, and no tests or sources', () => {
    expect(packed.files).toEqual(
      expect.arrayContaining([
        'dist/api/index.d.ts',
        'models/emoji/model.safetensors',
        'models/mnist/model.safetensors',
        'models/mnist/scores.json',
        'models/mnist-small/model.safetensors',
        'dist/app/cli/bundle/LICENSES',
        'dist/fonts/DejaVuSans.ttf',
        'dist/wasm/ort-wasm-simd-threaded.wasm.gz',
        'docs/results/README.md',
        'LICENSE',
      ]),
    );
    const others = /^(src|bench|studio|node_modules)\/|\.test\.|^docs\/results\/.*\.json$/;
    expect(packed.files.filter((file) => others.test(file))).toEqual([]);
    expect(existsSync(join(packed.folder, 'node_modules/zod'))).toBe(true);
    expect(existsSync(join(packed.folder, 'node_modules/vitest'))).toBe(false);
  });

  /** Runs a module in a project that has the package, and returns what it prints. */
  const printed = async (code: string): Promise<string> => {
    const options = ['--input-type=module', '--eval', code];
    return (await run(process.execPath, options, { cwd: packed.folder })).stdout;
  };
  const exportedNames = async (): Promise<string[][]> =>
    JSON.parse(
      await printed(`
        const names = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry).then(Object.keys)));
        console.log(JSON.stringify(names));
      `),
    );

  it('can be imported, and no two entry points export the same name', async () => {
    const names = await exportedNames();
    expect(names.map((moduleNames) => moduleNames.length)).not.toContain(0);
    expect(names.flat().filter((name, index, list) => list.indexOf(name) !== index)).toEqual([]);
  });

  /** The most values and types that each entry point may export: before adding one, merge or leave out others. */
  const mostExports: Readonly<Record<string, readonly [values: number, types: number]>> = {
    'emerging-flows': [17, 30],
    'emerging-flows/training': [19, 25],
    'emerging-flows/data': [9, 11],
    'emerging-flows/flows': [30, 40],
    'emerging-flows/tensor': [10, 8],
    'emerging-flows/pictures': [5, 2],
    'emerging-flows/actions': [3, 4],
  };

  it('exports few values and types', async () => {
    const checker = program.getTypeChecker();
    const counts = (await exportedNames()).map((values, index) => {
      const declaration = `dist/api/${entries[index]!.split('/')[1] ?? 'index'}.d.ts`;
      const file = program.getSourceFile(join(packed.folder, 'node_modules/emerging-flows', declaration))!;
      const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!);
      return [entries[index]!, [values.length, exported.length - values.length]] as const;
    });
    const tooMany = counts.filter(([entry, [values, types]]) => {
      const [mostValues, mostTypes] = mostExports[entry] ?? [0, 0];
      return values! > mostValues || types! > mostTypes;
    });
    expect(tooMany).toEqual([]);
    expect(counts).toHaveLength(Object.keys(mostExports).length);
  });

  it('has declarations that hold together without what is internal', () => {
    expect(declarations().length).toBeGreaterThan(5);
    const dist = join(packed.folder, 'node_modules/emerging-flows/dist');
    const declared = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(dist));
    expect(declared.length).toBeGreaterThan(declarations().length);
    expect(declared.flatMap((file) => diagnosticTexts(program.getSemanticDiagnostics(file)))).toEqual([]);
  });

  /** Draws a digit of the bundled model, loaded from `source`, and prints its pixels. */
  const draw = (source: string): string => `
    async function draw() {
      const model = await loadModel(${source});
      const pixels = await model.sample({ count: 1, temperature: 0.7, seed: 1 });
      await model.release();
      console.log(JSON.stringify([...pixels]));
    }
    draw();
  `;
  const digit = async (device: Device = 'cpu'): Promise<number[]> => {
    await using model = await loadModel(join(repository, 'models/mnist-small'), { device });
    return [...(await model.sample({ count: 1, temperature: 0.7, seed: 1 }))];
  };

  const inComments = examplesInComments();
  const pages = ['start', 'fields', 'points', 'tensor', 'library', 'layers/prior'].map(
    (name) => `docs/${name}.md`,
  );
  const documents = ['README.md', ...pages];
  const examples = Object.fromEntries(
    [...documents.flatMap(examplesInDocument), ...inComments].map((code, index) => [
      `examples/${moduleName(code) ?? `example${index}`}.mts`,
      code,
    ]),
  );
  /** Programs with images and numbers of the reader's own. */
  const shown = Object.fromEntries(
    ['compress', 'conditions', 'machines', 'studies'].map((name) => [
      `shown/${name}.mts`,
      `import type { ImageSet } from 'emerging-flows/data';
       declare const pixels: Uint8Array, image: Uint8Array, omega: Float64Array, sigma8: Float64Array;
       declare const validation: ImageSet, test: ImageSet;
       ${shownProgram(`docs/${name}.md`)}`,
    ]),
  );
  /** The files of TypeScript projects, by name. */
  const typed: Readonly<Record<string, string>> = {
    ...examples,
    ...shown,
    'typed/wrong.mts': `
      import { type FlowModel, loadModel, UserError } from 'emerging-flows';
      import { openDataset } from 'emerging-flows/data';
      import { layers } from 'emerging-flows/flows';
      import { input, operations } from 'emerging-flows/tensor';
      import { resolveConfig } from 'emerging-flows/training';
      await using model: FlowModel = await loadModel('runs/a');
      model.sample({ count: 'one' });
      openDataset(1, { validation: 0 });
      layers.emerging([4, 6]);
      operations.add(input('x', [1]), 'two');
      resolveConfig({ preset: 3 });
      export const isLocked = (error: unknown) => error instanceof UserError && error.code === 'locke';
    `,
    'typed/draw.mts': `
      import { fileURLToPath } from 'node:url';
      import { loadModel } from 'emerging-flows';
      import manifest from 'emerging-flows/package.json' with { type: 'json' };
      if (manifest.name !== 'emerging-flows') throw new Error(manifest.name);
      ${draw("fileURLToPath(import.meta.resolve('emerging-flows/models/mnist-small'))")}
    `,
    'typed/common.cts': `
      import { dirname } from 'node:path';
      import { loadModel } from 'emerging-flows';
      import manifest = require('emerging-flows/package.json');
      import { Glow } from 'emerging-flows/flows';
      if (manifest.name !== 'emerging-flows' || !Glow) throw new Error('other');
      ${draw("dirname(require.resolve('emerging-flows/models/mnist-small/manifest.json'))")}
    `,
  };

  it('has types, for a program that has only the types of Node', () => {
    // Exactly one error per mistake.
    expect(problemsIn('typed/wrong.mts')).toEqual([
      expect.stringMatching(/^Type 'string' is not assignable to type 'number'/),
      expect.stringMatching(/^Argument of type 'number' is not assignable to parameter of type 'string'/),
      expect.stringMatching(/^Argument of type '\[number, number\]' is not assignable/),
      expect.stringMatching(/^Argument of type '"two"'|^Argument of type 'string'/),
      expect.stringMatching(/^Type 'number' is not assignable to type 'string'/),
      expect.stringMatching(/'UserErrorCode' and '"locke"' have no overlap/),
    ]);
  });

  it('compiles the examples in documents and doc comments', () => {
    expect(Object.keys(examples)).toHaveLength(19 + inComments.length);
    expect(inComments.length).toBeGreaterThan(15);
    const names = Object.keys({ ...examples, ...shown });
    expect(names.map((name) => [name, problemsIn(name)])).toEqual(names.map((name) => [name, []]));
  });

  it('works in a TypeScript project with module nodenext, as a module and as CommonJS', async () => {
    for (const name of ['typed/draw.mts', 'typed/common.cts']) {
      expect(problemsIn(name)).toEqual([]);
      program.emit(program.getSourceFile(join(packed.folder, name)));
    }
    // CommonJS needs Node 20.19, 22.12 or later.
    const scripts = ['typed/draw.mjs', ...(process.features.require_module ? ['typed/common.cjs'] : [])];
    const expected = await digit();
    for (const node of nodes) {
      for (const script of scripts) {
        const { stdout } = await run(node, [script], { cwd: packed.folder });
        expect([node, script, JSON.parse(stdout)]).toEqual([node, script, expected]);
      }
    }
  });

  it('draws in WebAssembly if the native runtime is not installed', async () => {
    packed.write(
      'without/draw.mjs',
      `import { loadModel } from 'emerging-flows';
       ${draw("'../node_modules/emerging-flows/models/mnist-small'")}`,
    );
    const { stdout, stderr } = await packed.without(['onnxruntime-node'], () =>
      run(process.execPath, ['draw.mjs'], { cwd: join(packed.folder, 'without') }),
    );
    expect(JSON.parse(stdout)).toEqual(await digit('wasm'));
    expect(stderr).toMatch(/^emerging-flows: onnxruntime-node is not installed; using the device wasm .*\n$/);
  });

  it('needs no optional package as a library; what needs one says how to install it', async () => {
    const publicNames = await exportedNames();
    const home = join(packed.folder, 'node_modules/emerging-flows');
    await packed.without(Object.keys(optional), async () => {
      expect(await exportedNames()).toEqual(publicNames);
      const main = join(home, 'dist/app/cli/main.js');
      await expect(run(process.execPath, [main, '--help'])).rejects.toMatchObject({
        code: 1,
        stdout: '',
        stderr: `emerging: the command line requires the packages ${installed('cli-progress', 'commander', 'string-width')}\n`,
      });
      const renderer = join(home, 'dist/data/pictures/rasterise.node.js');
      const drawing = `(await import(${JSON.stringify(renderer)})).rasterise('<svg/>').catch(({ message }) => console.log(message))`;
      expect(await printed(drawing)).toBe(
        `the renderer failed: plots as PNG require the package ${installed('@resvg/resvg-js')}\n`,
      );
    });
  });

  /** The names of optional packages, and the command that installs them. */
  function installed(...names: string[]): string {
    return `${names.join(', ')}: run npm install ${names.map((name) => `${name}@${optional[name]}`).join(' ')}`;
  }

  describe.skipIf(chromiumPath === undefined)(
    'in Chromium (scripts/install-system-packages)',
    { tags: 'system' },
    () => {
      let server: PreviewServer;
      afterAll(() => server?.close());

      it('works in a page that Vite bundles, with its types and a mixing of its own', async () => {
        const project = join(packed.folder, 'page');
        packed.link('onnxruntime-web');
        packed.write('page/index.html', '<!doctype html><script type="module" src="/page.ts"></script>');
        packed.write(
          'page/mine.ts',
          `import { define, layers, registerPart } from 'emerging-flows/flows';
         const build = (shape: readonly [number, number, number]) => ({ turned: layers.reverse(shape) });
         registerPart(define.mixing({ name: 'mine', summary: 'Reverses.', build }));`,
        );
        packed.write('page/gradients.ts', "import 'emerging-flows/worker';\nimport './mine';");
        const page = packed.write(
          'page/page.ts',
          `
          import { configureRuntime, loadModel } from 'emerging-flows';
          import { Glow } from 'emerging-flows/flows';
          import { adamax, startFromData, Trainer } from 'emerging-flows/training';
          import './mine';
          configureRuntime({
            startWorker: () => new Worker(new URL('./gradients.ts', import.meta.url), { type: 'module' }),
          });
          const model = await loadModel(new URL('/mnist', location.href));
          const pixels = await model.sample({ count: 2, temperature: 0.7, seed: 1 });

          // A mixing of one's own, which two workers have to know.
          const options = { levels: 1, depth: 1, conditioner: { width: 4 }, learnedPrior: false };
          const own = new Glow(model.imageShape, { ...options, mixing: 'mine' });
          const image = { shape: [2, ...model.imageShape], data: Float32Array.from(pixels) };
          const batch = { image, noise: { ...image, data: image.data.map((_, index) => (index % 10) / 10) } };
          const start = await startFromData(own, batch, 0);
          const optimizer = adamax({ beta2: 0.9, biasCorrection: 'standard' });
          const training = { optimizer, averageDecay: 0.9, batchSize: 2, threads: 2, workers: 2 };
          const trainer = await Trainer.create(own, start, training);
          const losses = [];
          for (let step = 0; step < 5; step++) {
            losses.push(...(await trainer.step(batch, 0.01)).bitsPerDim);
          }
          Object.assign(globalThis, { drawn: { digit: [...pixels.subarray(0, 784)], losses } });
        `,
        );
        const files = [page, join(project, 'gradients.ts')];
        expect(diagnosticTexts(ts.getPreEmitDiagnostics(createProgram(files, browserTypes)))).toEqual([]);
        cpSync(join(repository, 'models/mnist-small'), join(project, 'public/mnist'), { recursive: true });
        await build({
          root: project,
          logLevel: 'error',
          build: { target: 'es2023' },
          worker: { format: 'es' },
        });
        server = await preview({ root: project, logLevel: 'error', preview: { port: 0 } });
        const { page: opened, close } = await openChromium(server.resolvedUrls!.local[0]!);
        const drawn = await opened.waitForFunction('globalThis.drawn', undefined, { timeout: 60_000 });
        const { digit: pixels, losses } = (await drawn.jsonValue()) as Record<'digit' | 'losses', number[]>;
        // At the border of two grey levels a sample may differ by one.
        expect(largestDifference(pixels, await digit())).toBeLessThanOrEqual(1);
        expect(losses).toHaveLength(10);
        expect(Math.max(...losses.slice(8))).toBeLessThan(Math.min(...losses.slice(0, 2)));
        await close();
      });
    },
  );

  const browserTypes: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['browser'],
    types: [],
  };

  /** The declarations of the entry points. */
  function declarations(): string[] {
    const home = join(packed.folder, 'node_modules/emerging-flows');
    return packed.files.filter((file) => /^dist\/api\/.*\.d\.ts$/.test(file)).map((file) => join(home, file));
  }

  /** What the compiler finds in one of the files `typed`. */
  function problemsIn(name: string): string[] {
    const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(join(packed.folder, name)));
    // Examples in comments end where a program continues.
    const isUnfinished = inComments.includes(typed[name]!);
    return diagnosticTexts(
      diagnostics.filter(({ reportsUnnecessary }) => !(reportsUnnecessary && isUnfinished)),
    );
  }

  function diagnosticTexts(diagnostics: readonly ts.Diagnostic[]): string[] {
    return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  }

  function createProgram(files: readonly string[], more: ts.CompilerOptions): ts.Program {
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
      types: ['node'],
      typeRoots: [join(repository, 'node_modules/@types')],
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      skipLibCheck: true,
      ...more,
    };
    return ts.createProgram(files, options);
  }
});

describe('the packed package with the studio', { tags: 'system' }, () => {
  let packed: PackedPackage;
  const built = buildPackage();
  beforeAll(async () => {
    packed = await packPackage(await bundledPage(built));
  });

  it('has one copy of the runtime and of each larger file of the page, and at most 26 MB', () => {
    expect(packed.files.filter((file) => /\.wasm(\.gz)?$/.test(file))).toEqual([
      'dist/wasm/ort-wasm-simd-threaded.wasm.gz',
    ]);
    expect(packed.files).toContain('dist/page/shared.json');
    const compressed = packed.files.filter((file) => /^dist\/page\/assets\/.*\.js\.gz$/.test(file));
    expect(compressed.length).toBeGreaterThan(20);
    expect(compressed.filter((file) => packed.files.includes(file.slice(0, -3)))).toEqual([]);
    expect(packed.unpackedSize).toBeLessThan(26e6);
    expect(packed.size).toBeLessThan(20e6);
  });

  it.skipIf(chromiumPath === undefined)(
    'draws in the studio, served and as static files (scripts/install-system-packages)',
    async () => {
      const emerging = commandLine(join(packed.folder, 'node_modules/emerging-flows'));
      const { code, stderr } = await emerging.run('studio', '--build', 'site');
      expect(code, stderr).toBe(0);
      const served = await startStudio(emerging);
      const statically = await serveFolder(join(emerging.folder, 'site'), '/studio/');
      for (const { url, close } of [served, statically]) {
        const { page, close: closePage } = await openChromium(`${url}#/draw`);
        await page.getByRole('group', { name: /samples from seed/ }).waitFor();
        await closePage();
        await close();
      }
    },
  );
});
