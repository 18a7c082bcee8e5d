// A conditioner of a user's own, with an option, in a page: trained by workers, saved, loaded and sampled as in Node.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as define from '../api/shared/define.ts';
import * as limits from '../api/shared/limits.ts';
import { largestDifference } from '../core/numeric/statistics.ts';
import { option, registerPart } from '../core/parts/index.ts';
import { readAll } from '../data/contract/dataset.ts';
import { memoryFiles, readFiles } from '../data/files/fileStore.ts';
import { filledParameter } from '../flows/contract/parameters.ts';
import { loadModel } from '../model/loading/loadModel.ts';
import { startRun } from '../runs/open/run.node.ts';
import * as operations from '../tensor/operations/index.ts';
import { train } from '../training/loop/train.ts';
import { bundle, describeInChromium } from './browser.ts';
import { meanConditioner } from './ownConditioner.ts';
import { openPage } from './pages.ts';
import { tinyConfig, tinyDataset } from './tinyRuns.ts';

const names = ['define', 'option', 'limits', 'filledParameter', 'operations'];
const registration = `
  import { define, filledParameter, limits, option, registerPart } from 'emerging-flows/flows';
  import { operations } from 'emerging-flows/tensor';
  registerPart(${meanConditioner});
`;

const dataset = tinyDataset(8);
const config = (strength: number) =>
  tinyConfig({ steps: 6 }, { mixing: '1x1', conditioner: { name: 'mean', strength } });

/** Code that uses the model, in the page and in Node. */
const use = `
  const pixels = await model.sample({ count: 4, seed: 1, onOverflow: () => {} });
  const bits = await model.bitsPerDim(pixels);
  return { pixels: [...pixels], bits: [...bits], conditioner: model.model.options.conditioner };
`;

interface Used {
  readonly pixels: number[];
  readonly bits: number[];
  readonly conditioner: unknown;
}

function expectClose(actual: readonly number[], expected: readonly number[], limit: number): void {
  expect(actual).toHaveLength(expected.length);
  expect(largestDifference(expected, actual)).toBeLessThanOrEqual(limit);
}

describeInChromium('a conditioner with a strength in a page', () => {
  let page: Page;
  let close: () => Promise<void>;
  beforeAll(async () => {
    registerPart(
      new Function(...names, `return ${meanConditioner}`)(
        define,
        option,
        limits,
        filledParameter,
        operations,
      ),
    );
    const bundled = await bundle(
      `
        globalThis.ask = (code) => new Promise((resolve, reject) => {
          const worker = new Worker('/trainer.js', { type: 'module' });
          worker.onmessage = ({ data }) => (data.failure ? reject(new Error(data.failure)) : resolve(data.result));
          worker.postMessage(code);
        });
        `,
      {
        trainer: `
          import * as main from 'emerging-flows';
          import * as data from 'emerging-flows/data';
          import * as training from 'emerging-flows/training';
          ${registration}
          const library = { ...main, ...data, ...training };
          library.configureRuntime({
            wasm: '/runtime/ort-wasm-simd-threaded.wasm',
            startWorker: () => new Worker('/gradients.js', { type: 'module' }),
          });
          const AsyncFunction = (async () => {}).constructor;
          onmessage = ({ data }) =>
            new AsyncFunction('library', data)(library).then(
              (result) => postMessage({ result }),
              (error) => postMessage({ failure: error.stack + ': ' + error.message }),
            );
          `,
        gradients: `import 'emerging-flows/worker'; ${registration}`,
      },
    );
    ({ page, close } = await openPage(bundled));
  });
  afterAll(() => close());

  const inWorker = <Result>(code: string): Promise<Result> =>
    page.evaluate(
      (text) => (globalThis as unknown as { ask(code: string): Promise<Result> }).ask(text),
      code,
    );

  it.each([0.5, 1])('of %d is trained by two workers, saved, loaded and sampled', async (strength) => {
    const sets = (['train', 'validation', 'test'] as const).map(
      (name) => `${name}: library.imagesInMemory(Uint8Array.from([${readAll(dataset[name])}]), [8, 8, 1])`,
    );
    const inPage = await inWorker<Used & { readonly workers: number; readonly lines: string }>(`
        const dataset = { name: 'tiny', imageShape: [8, 8, 1], ${sets} };
        const files = await library.privateFiles.open('own');
        const run = await library.startRun(${JSON.stringify(config(strength))}, files, { dataset });
        await library.train({ ...run, workers: 2, threads: 2 });
        const stored = await library.readFiles(await library.privateFiles.open('own'));
        await library.privateFiles.remove('own');
        const text = (name) => new TextDecoder().decode(stored[name]);
        const model = await library.loadModel(stored);
        const used = await (async () => { ${use} })();
        return { ...used, workers: JSON.parse(text('summary.json')).workers, lines: text('metrics.jsonl') };
      `);
    expect(inPage.workers).toBe(2);
    expect(inPage.conditioner).toEqual({ name: 'mean', strength });

    const files = memoryFiles('own');
    await train({ ...(await startRun(config(strength), files, { dataset })), threads: 1, workers: 1 });
    const stored = await readFiles(files);
    await using model = await loadModel(stored, { threads: 1 });
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const inNode: Used = await new AsyncFunction('model', use)(model);
    const losses = (lines: string): number[] =>
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).bitsPerDim ?? 0);
    const expected = losses(new TextDecoder().decode(stored['metrics.jsonl']));
    expectClose(losses(inPage.lines), expected, 1e-4);
    // Rounding may move a pixel by one level.
    expectClose(inPage.pixels, inNode.pixels, 1);
    expectClose(inPage.bits, inNode.bits, 0.05);
  });
});
