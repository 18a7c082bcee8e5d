import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { mean } from '../core/numeric/statistics.ts';
import { conditioned } from '../data/contract/conditions.ts';
import { type Dataset, type ImageSet, imagesInMemory, readAll } from '../data/contract/dataset.ts';
import { choiceFrom, createConditionRows } from '../model/conditions.ts';
import { loadModel } from '../model/loading/loadModel.ts';
import { loadTrained } from '../model/loading/loadTrained.ts';
import { startRun } from '../runs/open/run.node.ts';
import { train } from '../training/loop/train.ts';
import { exportModel } from '../uses/export/exportModel.ts';
import { roundWeights } from '../uses/export/weightBits.ts';
import { bundle } from './browser.ts';
import { expectClose } from './golden.ts';
import { chromiumPath, openPage } from './pages.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { tinyConfig } from './tinyRuns.ts';

const [SIZE, COUNT] = [8, 4];
const root = temporaryFolder();

/** Noise around the sum of a number and of the rows of a context image of each field. */
function fields(count: number, seed: number): ImageSet {
  const random = new RandomStream(seed, 'fields');
  const level = random.normals(count);
  const rows = random.normals(count * SIZE);
  const beside = Float64Array.from(
    { length: count * SIZE ** 2 },
    (_, index) => rows[Math.floor(index / SIZE)]!,
  );
  const values = Float32Array.from(
    beside,
    (value, index) => 280 + 3 * (level[Math.floor(index / SIZE ** 2)]! + value + 0.3 * random.normal()),
  );
  return conditioned(imagesInMemory(values, [SIZE, SIZE, 1]), { level, beside }, 'fields');
}

const dataset: Dataset = {
  name: 'fields',
  imageShape: [SIZE, SIZE, 1],
  train: fields(64, 0),
  validation: fields(8, 1),
  test: fields(COUNT, 2),
};

/** The outputs of the two programs in the page, and what the library finds there. */
interface Found {
  readonly encoded: Readonly<Record<string, number[]>>;
  readonly decoded: Readonly<Record<string, number[]>>;
  readonly logLikelihood: number[];
  readonly samples: number[];
}

it.skipIf(chromiumPath === undefined)(
  'has the values of Node in Chromium (scripts/install-system-packages)',
  { tags: 'system' },
  async () => {
    const config = tinyConfig(
      { steps: 30, learningRate: 0.01, averageDecay: 0.8 },
      { continuous: true, condition: true },
    );
    const run = join(root, 'run');
    await train({ ...(await startRun(config, run, { dataset })), threads: 1 });
    // In few bits, so that the page has to decode the weights too.
    const rounded = await roundWeights(await loadTrained(run), dataset.validation, 8, { threads: 1 });
    expect(rounded.weightBits).toBeGreaterThan(7);
    expect(rounded.weightBits).toBeLessThan(9);
    const { files } = await exportModel(run, { threads: 1, rounded });
    await using model = await loadModel(files, { threads: 1 });
    const images = readAll(dataset.test) as Float32Array;
    const condition = choiceFrom(model.model, dataset.test);
    const likelihoods = await model.logLikelihood(images, { condition });
    // The condition matters.
    const moved = { ...condition, level: condition.level!.map((value) => value + 1) };
    expect(
      Math.abs(mean(likelihoods) - mean(await model.logLikelihood(images, { condition: moved }))),
    ).toBeGreaterThan(1);

    const latents = await model.encode(images, { condition });
    const inputs = createConditionRows(model.model, { condition }, COUNT)(0, COUNT);
    const { page, close } = await openPage(
      await bundle(`
        import * as library from 'emerging-flows';
        library.configureRuntime({ wasm: '/runtime/ort-wasm-simd-threaded.wasm' });
        globalThis.library = library;
      `),
    );
    try {
      await page.waitForFunction('globalThis.library');
      const pageData = {
        files: Object.fromEntries(
          Object.entries(files).map(([name, content]) => [name, Buffer.from(content).toString('base64')]),
        ),
        image: plain({ shape: [COUNT, SIZE, SIZE, 1], data: images }),
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([name, array]) => [name.replace('condition/', ''), plain(array)]),
        ),
        condition: Object.fromEntries(Object.entries(condition).map(([name, values]) => [name, [...values]])),
      };
      const result: Found = await page.evaluate(`(async ({ files, image, inputs, condition }) => {
        const all = Object.fromEntries(Object.entries(files).map(([name, text]) =>
          [name, Uint8Array.from(atob(text), (each) => each.charCodeAt(0))]));
        const ort = await import('/runtime/ort.wasm.bundle.min.mjs');
        Object.assign(ort.env.wasm, { wasmPaths: '/runtime/', numThreads: 1 });
        const call = async (file, feeds) => {
          const session = await ort.InferenceSession.create(all[file]);
          const tensors = Object.entries(feeds).map(([name, { shape, data }]) =>
            [name, new ort.Tensor('float32', Float32Array.from(data), shape)]);
          const outputs = await session.run(Object.fromEntries(tensors));
          return Object.fromEntries(Object.entries(outputs).map(([name, { dims, data }]) => [name, { shape: dims, data: [...data] }]));
        };
        const { logLikelihood, ...latents } = await call('encoder.onnx', { image, ...inputs });
        const temperature = { shape: [1], data: [1] };
        const decoded = await call('sampler.onnx', { ...latents, temperature, ...inputs });
        const dataOf = (outputs) => Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
        const model = await library.loadModel(all);
        return {
          encoded: dataOf({ logLikelihood, ...latents }),
          decoded: dataOf(decoded),
          logLikelihood: [...await model.logLikelihood(Float32Array.from(image.data), { condition })],
          samples: [...await model.sample({ count: ${COUNT}, seed: 3, condition })],
        };
      })(${JSON.stringify(pageData)})`);
      latents.forEach(({ data }, level) => {
        expectClose(`latent${level}`, result.encoded[`latent${level}`]!, data, 'float32');
      });
      expectClose('logLikelihood', result.encoded.logLikelihood!, likelihoods, 'float32');
      expectClose('decoded', result.decoded.image!, images, 'float32');
      expectClose('logLikelihood of the library', result.logLikelihood, likelihoods, 'float32');
      const samples = await model.sample({ count: COUNT, seed: 3, condition });
      expectClose('samples of the library', result.samples, samples as Float32Array, 'float32');
    } finally {
      await close();
    }
  },
);

/** An array as JSON. */
function plain({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }) {
  return { shape, data: Array.from(data) };
}
