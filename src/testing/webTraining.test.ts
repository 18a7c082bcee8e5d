// Training in a page: the steps of Node from a real browser, in a worker with workers of its own, and runs that go from
// a page to the command line and back.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countElements } from '../core/numeric/arrays.ts';
import { type Dataset, type ImageSet, readAll } from '../data/contract/dataset.ts';
import { memoryFiles, readFiles } from '../data/files/fileStore.ts';
import { type Mixing, mixingNames } from '../flows/models/partRegistries.ts';
import { loadModel } from '../model/loading/loadModel.ts';
import { resumeRun, startRun } from '../runs/open/run.node.ts';
import type { Config } from '../runs/settings/configSchema.ts';
import { train } from '../training/loop/train.ts';
import { bundle, describeInChromium } from './browser.ts';
import { fileStoreSeen, fileStoreUse } from './fileStoreUse.ts';
import { openPage } from './pages.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { conditionedModels, labelledTinyDataset, tinyConfig } from './tinyRuns.ts';

const root = temporaryFolder();

const STEPS = 20;
const dataset = labelledTinyDataset(8);
const classesAndContext = conditionedModels[2]![1];

// Adamax divides by the size of a gradient: where that is mere rounding, so is the update. A low rate keeps this small.
function createConfig(
  mixing: Mixing,
  training: Parameters<typeof tinyConfig>[0] = {},
  model: Parameters<typeof tinyConfig>[1] = {},
): Config {
  const slow = { steps: STEPS, learningRate: 0.001, warmupSteps: 10 };
  return tinyConfig({ ...slow, ...training }, { ...model, mixing });
}

/** The numbers of the classes of images, in order. */
function listLabels({ count, labels }: ImageSet): number[] {
  return Array.from({ length: count }, (_, index) => labels!.classAt(index));
}

/** The conditions of images, by name, as arrays. */
function listConditions({ count, conditions = {} }: ImageSet): Record<string, number[]> {
  const indices = Array.from({ length: count }, (_, index) => index);
  return Object.fromEntries(
    Object.entries(conditions).map(([name, { shape, read }]) => {
      const values = new Float64Array(count * countElements(shape));
      read(indices, values);
      return [name, [...values]];
    }),
  );
}

/** A dataset as the text of an expression that makes it in a page. */
function inPageText({ name, imageShape, train, validation, test }: Dataset): string {
  const shape = JSON.stringify(imageShape);
  const [a, b, c] = [train, validation, test].map(
    (set) =>
      `library.conditioned(library.labelled(library.imagesInMemory(Uint8Array.from([${readAll(set)}]), ${shape}), ` +
      `${JSON.stringify(set.labels!.classes)}, [${listLabels(set)}], 'tiny'), ${JSON.stringify(listConditions(set))}, 'tiny')`,
  );
  return `({ name: ${JSON.stringify(name)}, imageShape: ${shape}, train: ${a}, validation: ${b}, test: ${c} })`;
}

/** The files of a run, as they travel to a page and back. */
type Files = Readonly<Record<string, string>>;

const base64 = (files: Readonly<Record<string, Uint8Array>>): Files =>
  Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );

function writeRun(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), Buffer.from(text, 'base64'));
  }
}

function readRun(folder: string): Files {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'base64')];
    }),
  );
}

/** The lines of a run's metrics. */
function linesIn(files: Files) {
  const text = Buffer.from(files['metrics.jsonl']!, 'base64').toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** bits/dim of every step and validation in a run's metrics. */
function bitsIn(files: Files): number[] {
  return linesIn(files).map(({ bitsPerDim, validationBitsPerDim }) => bitsPerDim ?? validationBitsPerDim);
}

/** A run trained in Node, in memory. */
async function trainedInNode(config: Config, workers = 1): Promise<Files> {
  const files = memoryFiles('node');
  await train({ ...(await startRun(config, files, { dataset })), threads: workers, workers });
  return base64(await readFiles(files));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((value, index) => Math.abs(value - expected[index]!)))).toBeLessThan(1e-4);
}

describeInChromium('in Chromium', () => {
  let page: Page;
  let close: () => Promise<void>;
  let bundled: Awaited<ReturnType<typeof bundle>>;
  let images: string;
  beforeAll(async () => {
    const library = `
      import * as main from 'emerging-flows';
      import * as data from 'emerging-flows/data';
      import * as training from 'emerging-flows/training';
      const library = { ...main, ...data, ...training };
    `;
    bundled = await bundle(
      `
      globalThis.startTrainer = () => { globalThis.trainer = new Worker('/trainer.js', { type: 'module' }); };
      startTrainer();
      let count = 0;
      globalThis.ask = (code) => new Promise((resolve, reject) => {
        const id = count++;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => (data.failure ? reject(new Error(data.failure)) : resolve(data.result));
        trainer.postMessage({ code, port: port2 }, [port2]);
      });
      `,
      {
        trainer: `${library}
      library.configureRuntime({
        wasm: '/runtime/ort-wasm-simd-threaded.wasm',
        webgpu: { wasm: '/runtime/ort-wasm-simd-threaded.asyncify.wasm' },
        startWorker: () => new Worker('/gradients.js', { type: 'module' }),
      });
      const text = (bytes) => { let all = ''; for (const byte of bytes) all += String.fromCharCode(byte); return btoa(all); };
      library.download = async (files) =>
        Object.fromEntries(Object.entries(await library.readFiles(files)).map(([name, bytes]) => [name, text(bytes)]));
      library.upload = (files) =>
        Object.fromEntries(Object.entries(files).map(([name, all]) => [name, Uint8Array.from(atob(all), (each) => each.charCodeAt(0))]));
      const AsyncFunction = (async () => {}).constructor;
      onmessage = ({ data: { code, port } }) =>
        new AsyncFunction('library', code)(library).then(
          (result) => port.postMessage({ result }),
          (error) => port.postMessage({ failure: (error.code ?? error.stack) + ': ' + error.message }),
        );
      `,
        gradients: `import 'emerging-flows/worker';`,
      },
    );
    ({ page, close } = await openPage(bundled));
    images = inPageText(dataset);
  });
  afterAll(() => close());

  /** Runs the body of an async function with `library` and `dataset` in a page's worker, and returns its result. */
  const inWorker = <Result>(code: string, on = page): Promise<Result> =>
    on.evaluate(
      (text) => (globalThis as unknown as { ask(code: string): Promise<Result> }).ask(text),
      `const dataset = ${images};\n${code}`,
    );

  const trainedInPage = (config: Config, options = '{}'): Promise<Files> =>
    inWorker(`
      const files = library.memoryFiles('page');
      const run = await library.startRun(${JSON.stringify(config)}, files, { dataset });
      await library.train({ ...run, workers: 1, ...${options} });
      return library.download(files);
    `);

  it.each(mixingNames)('%s: 20 steps equal Node’s', async (mixing) => {
    const config = createConfig(mixing);
    expectClose(bitsIn(await trainedInPage(config)), bitsIn(await trainedInNode(config)));
  });

  it.each(conditionedModels)('%s: steps and measurements equal Node’s', async (_, model) => {
    const config = createConfig('reverse', { steps: 6 }, model);
    const files = await trainedInPage(config);
    expectClose(bitsIn(files), bitsIn(await trainedInNode(config)));
    const pixels = [...readAll(dataset.test!)];
    const hasClasses = 'classes' in model;
    const options = {
      draws: 2,
      ...(hasClasses && { class: 'right' }),
      ...('condition' in model && { condition: listConditions(dataset.test!) }),
    };
    const use = `
      const images = Uint8Array.from([${pixels}]);
      const chosen = ${JSON.stringify(options)};
      const bits = await model.bitsPerDim(images, chosen);
      const values = await model.decodeValues(await model.encode(images, chosen), chosen);
      const classes = ${hasClasses} ? await model.classify(images, { condition: chosen.condition }) : [];
      return [...bits, ...values, ...classes.flatMap(({ probabilities }) => [...probabilities])];
    `;
    const inPage = await inWorker<number[]>(`
      const model = await library.loadModel(library.upload(${JSON.stringify(files)}));
      ${use}
    `);
    const bytes = Object.entries(files).map(([name, text]) => [name, Buffer.from(text, 'base64')]);
    await using flow = await loadModel(Object.fromEntries(bytes), { threads: 1 });
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const inNode: number[] = await new AsyncFunction('model', use)(flow);
    expectClose(inPage, inNode);
  });

  it('divides batches among workers, without isolation', async () => {
    expect(await page.evaluate('crossOriginIsolated')).toBe(false);
    const config = createConfig('emerging', {}, classesAndContext);
    const files = await trainedInPage(config, '{ workers: 2, threads: 2 }');
    expect(JSON.parse(Buffer.from(files['summary.json']!, 'base64').toString())).toMatchObject({
      workers: 2,
      complete: true,
      steps: STEPS,
    });
    expectClose(bitsIn(files), bitsIn(await trainedInNode(config, 2)));
  });

  it('fetches the runtime once for all its workers', async () => {
    const otherPage = await openPage(bundled);
    const requestedPaths: string[] = [];
    otherPage.page.context().on('request', (request) => requestedPaths.push(new URL(request.url()).pathname));
    await inWorker(
      `
        const run = await library.startRun(${JSON.stringify(createConfig('1x1', { steps: 2 }))}, library.memoryFiles('page'), { dataset });
        await library.train({ ...run, workers: 2, threads: 2 });
        `,
      otherPage.page,
    );
    await otherPage.close();
    expect(requestedPaths.filter((path) => path === '/gradients.js')).toHaveLength(2);
    expect(requestedPaths.filter((path) => path.endsWith('.wasm'))).toEqual([
      '/runtime/ort-wasm-simd-threaded.wasm',
    ]);
  });

  it('shares the memory of weights and gradients with its workers in an isolated page', async () => {
    const config = createConfig('emerging', {}, classesAndContext);
    const isolated = await openPage(bundled, { isolated: true });
    try {
      const { files, sent } = await inWorker<{ files: Files; sent: number }>(
        `
          const sent = [];
          const post = Worker.prototype.postMessage;
          Worker.prototype.postMessage = function (message, ...rest) {
            sent.push(JSON.stringify(message, (_, value) => (ArrayBuffer.isView(value) ? value.length : value)));
            return post.call(this, message, ...rest);
          };
          const files = library.memoryFiles('page');
          const run = await library.startRun(${JSON.stringify(config)}, files, { dataset });
          await library.train({ ...run, workers: 2, threads: 2 });
          return { files: await library.download(files), sent: sent.filter((text) => /"weights"/.test(text)).length };
          `,
        isolated.page,
      );
      // The two that start the workers.
      expect(sent).toBe(2);
      expectClose(bitsIn(files), bitsIn(await trainedInNode(config, 2)));
    } finally {
      await isolated.close();
    }
  });

  it.each([
    ['cpu', 6, classesAndContext],
    // Compiling for a GPU in software takes most of the time, so the model is small.
    ['webgpu', 4, {}],
  ])(
    'takes the steps of Node, and logs the norms of layers that Node logs (%s)',
    async (device, steps, model) => {
      const config = createConfig('emerging', { steps, gradientNormsEvery: 2 }, model);
      const normsIn = (files: Files) =>
        linesIn(files).flatMap(({ gradientNorms }) => Object.values(gradientNorms ?? {}) as number[]);
      const [inPage, inNode] = [
        await trainedInPage(config, `{ device: '${device}' }`),
        await trainedInNode(config),
      ];
      expectClose(bitsIn(inPage), bitsIn(inNode));
      expect(normsIn(inPage).length).toBeGreaterThan(20);
      expectClose(normsIn(inPage), normsIn(inNode));
    },
  );

  it.each([
    [
      'a command fails that is not of a run',
      'device.createBuffer({ size: 2 ** 40, usage: GPUBufferUsage.STORAGE })',
      /WebGPU device error \(GPU\w+Error\): .*size/,
    ],
    ['the device is lost', 'device.destroy()', /WebGPU device lost \(destroyed\)/],
  ])('ends in one line if %s, and resumes on the CPU', async (_, fail, reason) => {
    const config = createConfig('1x1', { steps: 6 });
    const { message, steps, files } = await inWorker<{ message: string; steps: number[]; files: Files }>(`
      let device;
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        return (device = await requestDevice.apply(this, args));
      };
      const steps = [];
      const onStep = (step) => {
        steps.push(step);
        if (step === 3) ${fail};
      };
      const files = library.memoryFiles('failing');
      const run = await library.startRun(${JSON.stringify(config)}, files, { dataset });
      const message = await library.train({ ...run, device: 'webgpu', events: { onStep } }).then(
        () => 'nothing',
        (error) => error.message,
      );
      GPUAdapter.prototype.requestDevice = requestDevice;
      await library.train({ ...(await library.resumeRun(files, {}, { dataset })), workers: 1 });
      return { message, steps, files: await library.download(files) };
    `);
    expect(message).toMatch(reason);
    expect(message).toMatch(
      /use device: 'cpu'\. The run is safe up to step 2: resumeRun\(.*\) resumes from there$/,
    );
    // The event may come after the next run.
    expect(steps.at(-1)).toBeLessThanOrEqual(4);
    expectClose(bitsIn(files), bitsIn(await trainedInNode(config)));
  });

  it('refuses weights that are too large for the arrays of the adapter', async () => {
    const refused = inWorker(`
      const limits = { maxStorageBufferBindingSize: 2 ** 10, maxBufferSize: 2 ** 20, maxStorageBuffersPerShaderStage: 8 };
      const own = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'limits');
      Object.defineProperty(GPUAdapter.prototype, 'limits', { ...own, get: () => limits });
      const run = await library.startRun(${JSON.stringify(createConfig('1x1'))}, library.memoryFiles('large'), { dataset });
      await library
        .train({ ...run, device: 'webgpu' })
        .finally(() => Object.defineProperty(GPUAdapter.prototype, 'limits', own));
    `);
    await expect(refused).rejects.toThrow(
      /unsupported: the \d+ weights of this model take 1 MiB, and the device 'webgpu' holds at most 0 MiB in an array/,
    );
  });

  it('stops after a step, resumes, and continues in Node and back', async () => {
    const config = createConfig('emerging');
    const stopped = await inWorker<{ step: number; files: Files }>(`
      const files = library.memoryFiles('page');
      const run = await library.startRun(${JSON.stringify(config)}, files, { dataset });
      const stop = new AbortController();
      const onStep = (step) => { if (step === 5) stop.abort(); };
      const { state, interrupted } = await library.train({ ...run, workers: 1, signal: stop.signal, events: { onStep } });
      if (!interrupted) throw new Error('not interrupted');
      await library.train({ ...(await library.resumeRun(files, {}, { dataset })), workers: 1, stopAt: 9 });
      return { step: state.step, files: await library.download(files) };
    `);
    expect(stopped.step).toBe(5);
    const folder = join(root, 'downloaded');
    writeRun(folder, stopped.files);
    const run = await resumeRun(folder, {}, { dataset });
    expect(run.state!.step).toBe(9);
    await train({ ...run, threads: 1, stopAt: 14 });
    const back = await inWorker<Files>(`
      const files = library.memoryFiles('back', library.upload(${JSON.stringify(readRun(folder))}));
      await library.train({ ...(await library.resumeRun(files, {}, { dataset })), workers: 1 });
      return library.download(files);
    `);
    expectClose(bitsIn(back), bitsIn(await trainedInNode(config)));
  });

  it('keeps a run in the private file system, through a reload, for one trainer at a time', async () => {
    const config = createConfig('1x1');
    await inWorker(`
      const files = await library.privateFiles.open('kept');
      const run = await library.startRun(${JSON.stringify(config)}, files, { dataset });
      await library.train({ ...run, workers: 1, stopAt: 7 });
    `);
    await page.reload();
    const { names, locked, files } = await inWorker<{ names: string[]; locked: string; files: Files }>(`
      const names = await library.privateFiles.list();
      const files = await library.privateFiles.open('kept');
      const run = await library.resumeRun(files, {}, { dataset });
      let locked;
      const onStep = async () => { locked ??= library.train({ ...run, workers: 1 }).catch((error) => error.message); };
      await library.train({ ...run, workers: 1, events: { onStep } });
      return { names, locked: await locked, files: await library.download(files) };
    `);
    expect(names).toEqual(['kept']);
    expect(locked).toMatch(/^kept is being trained in another page or worker/);
    expectClose(bitsIn(files), bitsIn(await trainedInNode(config)));
    await inWorker(`await library.privateFiles.remove('kept')`);
    expect(await inWorker('return library.privateFiles.list()')).toEqual([]);
  });

  it('has a private file system that does what memory and a folder do', async () => {
    const seen = await inWorker(`const files = await library.privateFiles.open('store'); ${fileStoreUse}`);
    await inWorker(`await library.privateFiles.remove('store')`);
    expect(seen).toEqual(fileStoreSeen);
  });

  it('reports a full disk, and keeps the last checkpoint', async () => {
    const config = createConfig('1x1', { steps: 200 });
    await inWorker(`
      const files = await library.privateFiles.open('full');
      const run = await library.startRun(${JSON.stringify(config)}, files, { dataset });
      await library.train({ ...run, workers: 1, stopAt: 3 });
    `);
    const session = await page.context().newCDPSession(page);
    const origin = new URL(page.url()).origin;
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    const failed = inWorker(`
      const run = await library.resumeRun(await library.privateFiles.open('full'), {}, { dataset });
      await library.train({ ...run, workers: 1, stopAt: 6 });
    `);
    await expect(failed).rejects.toThrow(
      /io: cannot save full\/.*has used up its storage.*The run is safe up to step 3/,
    );
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    const step = await inWorker(`
      const run = await library.resumeRun(await library.privateFiles.open('full'), {}, { dataset });
      const { state } = await library.train({ ...run, workers: 1, stopAt: 6 });
      await library.privateFiles.remove('full');
      return [run.state.step, state.step];
    `);
    expect(step).toEqual([3, 6]);
  });

  it('starts a run over that a closed page has barely begun, and locks it again at once', async () => {
    const names = await inWorker<string[][]>(`
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('emerging-flows', { create: true });
      const begun = await folder.getDirectoryHandle('begun', { create: true });
      // A write that failed at once leaves this.
      await begun.getFileHandle('config.yaml', { create: true });
      const files = await library.privateFiles.open('begun');
      const before = [await files.list(), (await files.read('config.yaml')) === undefined ? 'nothing' : 'a file'];
      await library.startRun(${JSON.stringify(createConfig('1x1'))}, files, { dataset });
      for (let time = 0; time < 20; time++) {
        await (await files.lock()).release();
      }
      const after = await files.list();
      await library.privateFiles.remove('begun');
      return [...before, after];
    `);
    expect(names).toEqual([[], 'nothing', ['config.yaml', 'data.json']]);
  });

  it('is what the example of the documents says', async () => {
    const [, code] = /```js\n\/\/ trainer\.js[^\n]*\n([\s\S]*?)```/.exec(
      readFileSync('docs/browser.md', 'utf8'),
    )!;
    const body = code!
      .replace(/^import \{([^}]*)\} from 'emerging-flows[^']*';$/gm, 'const {$1} = library;')
      .replace(/^configureRuntime\(\{[\s\S]*?^\}\);$/m, '')
      .replace("const dataset = await openImages('/mnist-5000.images.gz');", '')
      .replace(
        "set: ['training.steps=300']",
        "set: ['training.steps=3', 'training.batchSize=8', 'training.microBatch=8']",
      )
      .replaceAll('postMessage(', 'posted.push(')
      .replace('globalThis.onmessage', 'globalThis.onstop');
    expect(body.match(/import|configureRuntime\(|dataset = /g)).toBeNull();
    const posted = await inWorker<{ step?: number; validationBitsPerDim?: number }[]>(`
      const posted = [];
      ${body}
      await library.privateFiles.remove('digits');
      return posted;
    `);
    expect(posted.map(({ step }) => step)).toEqual([1, 2, 3, undefined]);
    expect(posted.at(-1)!.validationBitsPerDim).toBeGreaterThan(0);
  });

  it('says what a page lacks', async () => {
    const config = JSON.stringify(createConfig('1x1'));
    await expect(inWorker(`await library.startRun(${config}, 'runs/a', { dataset })`)).rejects.toThrow(
      "a page has no folder 'runs/a': pass memoryFiles('runs/a')",
    );
    await expect(inWorker(`await library.startRun(${config}, library.memoryFiles('a'))`)).rejects.toThrow(
      'needs its images: pass them as dataset',
    );
    await expect(
      inWorker(`await library.startRun(${config}, library.memoryFiles('a'), { dataset: 'mnist' })`),
    ).rejects.toThrow('dataset must come from openImages');
    const files = await inWorker<Files>(`
      const files = library.memoryFiles('named');
      await library.startRun(${config}, files, { dataset: { ...dataset, name: 'given.zip' } });
      return library.download(files);
    `);
    expect(Buffer.from(files['config.yaml']!, 'base64').toString()).toContain('name: given.zip\n');
    await expect(
      inWorker(`
        library.configureRuntime({ wasm: '/runtime/ort-wasm-simd-threaded.wasm' });
        const run = await library.startRun(${config}, library.memoryFiles('a'), { dataset });
        await library.train({ ...run, workers: 2, threads: 2 });
      `),
    ).rejects.toThrow('2 workers need a script: pass startWorker to configureRuntime');
  });
});
