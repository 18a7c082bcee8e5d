// The library in a page: what is bundled, and the values of Node from a real browser.
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largestDifference } from '../core/numeric/statistics.ts';
import { firstImages, imagesInMemory, readAll } from '../data/contract/dataset.ts';
import { drawActivations } from '../data/pictures/activations.ts';
import { openDataset } from '../data/registry.ts';
import type { FlowModel } from '../model/flowModel.ts';
import { loadModel } from '../model/loading/loadModel.ts';
import { runtimeSha256 } from '../tensor/engine/runtime.node.ts';
import { type ScoreReport, score } from '../uses/odd/score.ts';
import { bundle, describeInChromium } from './browser.ts';
import { eightBit } from './eightBit.ts';
import { type Bundle, openPage } from './pages.ts';

const COUNT = 16;

/** The largest relative difference between the numbers of two values, which must have the same form and the same texts. */
function largestRelative(first: unknown, second: unknown): number {
  if (typeof first === 'number' && typeof second === 'number') {
    return first === second ? 0 : Math.abs(first - second) / Math.max(Math.abs(first), Math.abs(second));
  }
  if (typeof first !== 'object' || typeof second !== 'object' || first === null || second === null) {
    expect(first).toBe(second);
    return 0;
  }
  expect(Object.keys(first)).toEqual(Object.keys(second));
  const others = Object.values(second);
  return Math.max(0, ...Object.values(first).map((value, index) => largestRelative(value, others[index])));
}

/** The first test digits. */
async function firstDigits(count: number): Promise<Uint8Array> {
  const { test } = await openDataset('mnist', { validation: 0 });
  return eightBit(readAll(firstImages(test, count)));
}

let bundled: Bundle;
beforeAll(async () => {
  bundled = await bundle(
    `
    import * as main from 'emerging-flows';
    import * as actions from 'emerging-flows/actions';
    import * as data from 'emerging-flows/data';
    import * as pictures from 'emerging-flows/pictures';
    import * as training from 'emerging-flows/training';
    import { runtimeSha256 } from '../dist/tensor/engine/runtime.node.js';
    const library = { ...main, ...pictures };
    Object.assign(globalThis, { all: [data, training, actions], runtimeSha256 });
    library.configureRuntime({
      wasm: '/runtime/ort-wasm-simd-threaded.wasm',
      webgpu: { wasm: '/runtime/ort-wasm-simd-threaded.asyncify.wasm' },
    });
    globalThis.library = library;
  `,
    { worker: `import 'emerging-flows/worker';` },
  );
});

describe('the entry point for browsers', () => {
  it('reaches no module of Node, and no file that is only for Node', () => {
    for (const [name, { imports }] of Object.entries(bundled.inputs)) {
      expect(name).not.toMatch(/\.node\.js$|onnxruntime-node/);
      expect(imports.filter(({ path, external }) => external === true && isBuiltin(path))).toEqual([]);
    }
    expect(Object.keys(bundled.inputs).filter((name) => /\.web\.js$/.test(name)).length).toBeGreaterThan(3);
  });

  it.each([
    [
      'a page that draws',
      `import { loadModel } from 'emerging-flows';
       import { contactSheet } from 'emerging-flows/pictures';
       use(contactSheet, loadModel);`,
      116,
    ],
    [
      'a page that draws, opens images and trains',
      `import { configureRuntime, loadModel } from 'emerging-flows';
       import { contactSheet } from 'emerging-flows/pictures';
       import * as data from 'emerging-flows/data';
       import * as training from 'emerging-flows/training';
       use(configureRuntime, contactSheet, loadModel, data, training);`,
      210,
    ],
  ])('is small compared with the runtime for %s', async (_, script, kilobytes) => {
    const { compressedBytes } = await bundle(
      `const use = (...all) => { globalThis.used = all; };\n${script}`,
    );
    expect(compressedBytes).toBeLessThan(1000 * kilobytes);
  });
});

describeInChromium('in Chromium', () => {
  let page: Page;
  let close: () => Promise<void>;
  let model: FlowModel;
  beforeAll(async () => {
    model = await loadModel('models/mnist-small');
    ({ page, close } = await openPage(bundled));
    await page.waitForFunction('globalThis.library');
    await page.evaluate(`globalThis.model = library.loadModel('/mnist')`);
  });
  afterAll(() => Promise.all([close(), model.release()]));

  /** What an expression with `model` and `images` becomes in the page, as JSON. */
  const inPage = (expression: string, images: Uint8Array = new Uint8Array()): Promise<unknown> =>
    page.evaluate(
      `(async (images) => { const model = await globalThis.model; return ${expression}; })(Uint8Array.from([${images}]))`,
    );

  it('has the model that Node has', async () => {
    expect(
      await inPage('({ fingerprint: model.fingerprint, bits: model.bits, shape: model.imageShape })'),
    ).toEqual({ fingerprint: model.fingerprint, bits: model.bits, shape: model.imageShape });
  });

  it('gives the bits/dim and the samples of Node', async () => {
    const digits = await firstDigits(COUNT);
    const bits = (await inPage('[...await model.bitsPerDim(images, { draws: 2 })]', digits)) as number[];
    const expected = await model.bitsPerDim(digits, { draws: 2 });
    expect(largestDifference(expected, bits)).toBeLessThan(5e-6);

    const options = { count: COUNT, temperature: 0.8, seed: 3 };
    const samples = (await inPage(`[...await model.sample(${JSON.stringify(options)})]`)) as number[];
    const differences = [...(await model.sample(options))].map((value, index) =>
      Math.abs(value - samples[index]!),
    );
    // A value at the border of two grey levels may be rounded to either.
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    expect(differences.filter((difference) => difference > 0).length).toBeLessThan(COUNT);
  });

  it('computes the same bytes on wasm as Node, with the same file', async () => {
    await using model = await loadModel('models/mnist-small', { device: 'wasm' });
    const digits = await firstDigits(COUNT);
    const measured = async (): Promise<number[]> => {
      const latents = await model.encode(digits);
      const decoded = await model.decodeValues(latents);
      return [...latents.flatMap(({ data }) => [...data]), ...decoded, ...(await model.bitsPerDim(digits))];
    };
    const result = await inPage(
      `(async (model) => {
        const latents = await model.encode(images);
        const decoded = await model.decodeValues(latents);
        return [...latents.flatMap(({ data }) => [...data]), ...decoded, ...(await model.bitsPerDim(images))];
      })(await library.loadModel('/mnist', { device: 'wasm' }))`,
      digits,
    );
    expect(result).toEqual(await measured());
    expect(await page.evaluate('runtimeSha256()')).toBe(await runtimeSha256());
  });

  it('says where the bits are and what stages make of images, as Node does', async () => {
    const digits = await firstDigits(2);
    const result = (await inPage(
      `(async () => {
        const map = await model.bitsMap(images, { precision: 'float64' });
        const stage = (await model.stageImages(images)).at(5);
        const { pixels, imageShape } = library.drawActivations(stage.output, { imageShape: model.imageShape });
        const picture = library.mapPicture(images.subarray(0, 784), map.data.subarray(0, 784), {
          imageShape: model.imageShape,
          range: library.heatRange(map),
        });
        return { bits: [...map.data], pixels: [...pixels], imageShape, path: stage.path, picture: picture.length };
      })()`,
      digits,
    )) as { bits: number[]; pixels: number[]; imageShape: number[]; path: string; picture: number };
    const map = await model.bitsMap(digits, { precision: 'float64' });
    expect(largestDifference(result.bits, map.data)).toBeLessThan(1e-9);
    expect(result.path).toBe(model.stages[5]!.path);
    const { output } = (await model.stageImages(digits))[5]!;
    const drawn = drawActivations(output!, { imageShape: model.imageShape });
    expect(result.imageShape).toEqual(drawn.imageShape);
    expect(largestDifference(result.pixels, drawn.pixels)).toBeLessThanOrEqual(1);
    expect(result.picture).toBeGreaterThan(500);
  });

  it('scores odd images as Node does', async () => {
    const digits = await firstDigits(4 * COUNT);
    const set = (first: number, end: number) =>
      imagesInMemory(digits.subarray(first * 784, end * 784), model.imageShape);
    type Report = Pick<ScoreReport, 'score' | 'images' | 'source'> & { readonly complexity: number[] };
    const report = (await inPage(
      `(async () => {
        const [{ imagesInMemory }] = globalThis.all;
        const set = (first, end) => imagesInMemory(images.subarray(first * 784, end * 784), model.imageShape);
        const { by, ...report } = await library.score(model, set(0, ${COUNT}), { reference: set(${COUNT}, ${4 * COUNT}) });
        return { ...report, complexity: [...by('complexity').values] };
      })()`,
      digits,
    )) as Report;
    const { by, ...scored } = await score(model, set(0, COUNT), { reference: set(COUNT, 4 * COUNT) });
    const expected: Report = { ...scored, complexity: [...by('complexity').values] };
    expect(report.score).toBe(expected.score);
    expect(report.source!.same).toBe(expected.source!.same);
    const inOrder = ({ images }: Report) => [...images].sort((a, b) => a.index - b.index);
    inOrder(report).forEach((image, index) => {
      const expectedImage = inOrder(expected)[index]!;
      expect(Math.abs(image.bitsPerDim - expectedImage.bitsPerDim)).toBeLessThan(5e-6);
      // The coder has no rounding at all.
      const code = ({ images, complexity }: Report): number =>
        images.find((each) => each.index === index)!.bitsPerDim - complexity[index]!;
      expect(code(report)).toBeCloseTo(code(expected), 12);
      expect(Math.abs(image.score - expectedImage.score)).toBeLessThan(
        0.01 * (1 + Math.abs(expectedImage.score)),
      );
    });
  });

  it('scores odd images with the bits of Node on wasm, with its reference', async () => {
    await using model = await loadModel('models/mnist-small', { device: 'wasm' });
    const digits = await firstDigits(COUNT);
    const result = await inPage(
      `(async (model) => {
        const reference = model.readReference(await (await fetch('/mnist/scores.json')).text());
        const { by, ...report } = await library.score(model, images, { reference, places: ${COUNT} });
        await model.release();
        return { ...report, columns: report.scores.map(by) };
      })(await library.loadModel('/mnist', { device: 'wasm' }))`,
      digits,
    );
    const { by, ...report } = await score(model, digits, { places: COUNT });
    expect(report.score).toBe('typicality');
    // Math.exp and Math.log of the two engines may differ in the last bit.
    expect(largestRelative(result, { ...report, columns: report.scores.map(by) })).toBeLessThan(1e-12);
  });

  it('recovers images exactly in float64', async () => {
    const digits = await firstDigits(COUNT);
    const back = await inPage(
      `[...await model.decode(await model.encode(images, { precision: 'float64' }))]`,
      digits,
    );
    expect(back).toEqual([...digits]);
  });

  it('says how far a transfer is, and how a load failed', async () => {
    const progress = (await inPage(
      `(async () => { const seen = []; await library.loadModel('/mnist', { onProgress: (...of) => seen.push(of) }); return seen; })()`,
    )) as [number, number][];
    const [received, total] = progress.at(-1)!;
    expect(received).toBe(total);
    expect(total).toBe(readFileSync('models/mnist-small/model.safetensors').length);
    const failure = (call: string): Promise<unknown> =>
      inPage(
        `await (async () => { try { await ${call}; } catch (error) { return [error.code, error.message]; } })()`,
      );
    expect(await failure(`library.loadModel('/nothing')`)).toEqual([
      'io',
      expect.stringMatching(/^cannot fetch .*\/nothing\/model\.safetensors: the server returned 404/),
    ]);
    expect(
      await failure(`(await library.loadModel('/mnist', { device: 'cuda' })).sample({ count: 1 })`),
    ).toEqual(['unsupported', expect.stringContaining("a page has no device 'cuda'")]);
  });

  it('lets the page answer between batches', async () => {
    // A message that is answered by the next one: how many get their turn before a call ends.
    const turns = await inPage(`(async () => {
      const other = await library.loadModel('/mnist', { batchSize: 4 });
      await other.sample({ count: 4 });
      const { port1, port2 } = new MessageChannel();
      const turnsDuring = async (work) => {
        let turns = 0;
        port1.onmessage = () => { turns++; port2.postMessage(undefined); };
        port2.postMessage(undefined);
        await work();
        port1.onmessage = null;
        return turns;
      };
      const turnsByCount = [];
      for (const count of [4, 16, 64]) {
        turnsByCount.push(await turnsDuring(() => other.sample({ count })));
      }
      await other.release();
      return turnsByCount;
    })()`);
    const [single, four, sixteen] = turns as [number, number, number];
    // Each batch but the first waits for a turn, when a waiting message is answered.
    expect(four - single).toBeGreaterThanOrEqual(3);
    expect(sixteen - single).toBeGreaterThanOrEqual(15);
  });

  it('computes with several models at a time', async () => {
    const matches = await page.evaluate(async () => {
      const { library } = globalThis as unknown as { library: typeof import('../api/index.web.ts') };
      const models = await Promise.all([1, 2].map(() => library.loadModel('/mnist', { batchSize: 2 })));
      const draw = (seed: number) => models[seed % 2]!.sample({ count: 4, seed });
      const alone = [await draw(1), await draw(2)];
      const together = await Promise.all([1, 2, 1, 2, 1, 2].map(draw));
      await Promise.all(models.map((model) => model.release()));
      return together.map((pixels, index) => String(pixels) === String(alone[index % 2]));
    });
    expect(matches).toEqual(Array(6).fill(true));
  });

  it('gives the same values through WebGPU', async () => {
    const digits = await firstDigits(4);
    const result = (await inPage(
      `(async () => {
        const gpu = await library.loadModel('/mnist', { device: 'webgpu', fallback: false });
        const bits = [...await gpu.bitsPerDim(images)];
        const samples = [...await gpu.sample({ count: 4, seed: 3 })];
        const back = [...await gpu.decode(await gpu.encode(images))];
        await gpu.release();
        return { bits, samples, back };
      })()`,
      digits,
    )) as Record<'bits' | 'samples' | 'back', number[]>;
    const bits = await model.bitsPerDim(digits);
    expect(largestDifference(bits, result.bits)).toBeLessThan(1e-5);
    const samples = await model.sample({ count: 4, seed: 3 });
    expect(largestDifference(samples, result.samples)).toBeLessThan(3);
    expect(result.back).toEqual([...digits]);
  });

  it('works under the policy that docs/browser.md names, and says what a stricter one lacks', async () => {
    const [policy] = /`(default-src 'none'; script-src [^`]*)`/
      .exec(readFileSync('docs/browser.md', 'utf8'))!
      .slice(1);
    const sampled = async (pagePolicy: string, isolated: boolean): Promise<unknown> => {
      const { page, close } = await openPage(bundled, { policy: pagePolicy, isolated });
      await page.waitForFunction('globalThis.library');
      const samples = await page.evaluate(`(async () => {
          const model = await library.loadModel('/mnist', { threads: 2 });
          const png = library.contactSheet(await model.sample({ count: 4 }), { imageShape: model.imageShape });
          const picture = document.createElement('img');
          picture.src = URL.createObjectURL(new Blob([png]));
          await picture.decode();
          return picture.width;
        })().catch(String)`);
      await close();
      return samples;
    };
    expect(await sampled(policy!, false)).toBe(114);
    expect(await sampled(policy!, true)).toBe(114);
    expect(await sampled(policy!.replace(" 'wasm-unsafe-eval'", ''), false)).toMatch(
      /^UserError: the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src$/,
    );
  }, 120_000);

  it('gives the same values in an isolated page, whose threads share memory', async () => {
    const isolated = await openPage(bundled, { isolated: true });
    await isolated.page.waitForFunction('globalThis.library');
    const result = (await isolated.page.evaluate(`(async () => {
      const model = await library.loadModel('/mnist', { threads: 2 });
      const samples = [...await model.sample({ count: 4, seed: 3 })];
      const refused = await (await library.loadModel('/mnist', { device: 'wasm' })).sample({ count: 1 }).catch(String);
      return { isolated: crossOriginIsolated, samples, refused };
    })()`)) as { isolated: boolean; samples: number[]; refused: string };
    await isolated.close();
    expect(result.isolated).toBe(true);
    expect(result.refused).toBe(
      "UserError: the device 'wasm' has one thread, and the runtime already runs with 2: use it in a new worker",
    );
    const samples = await model.sample({ count: 4, seed: 3 });
    expect(largestDifference(samples, result.samples)).toBeLessThan(2);
  });
});
