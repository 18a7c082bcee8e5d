// The library in a page of Firefox: a model's values, and a training, against Node's.
import { expect, it } from 'vitest';
import { largestDifference } from '../core/numeric/statistics.ts';
import { readAll } from '../data/contract/dataset.ts';
import { memoryFiles } from '../data/files/fileStore.ts';
import { loadModel } from '../model/loading/loadModel.ts';
import { startRun } from '../runs/open/run.node.ts';
import { train } from '../training/loop/train.ts';
import { bundle } from './browser.ts';
import { firefoxPath } from './marionette.ts';
import { openPageInFirefox } from './pages.ts';
import { tinyConfig, tinyDataset } from './tinyRuns.ts';

interface Report {
  readonly browser: string;
  readonly samples: number[];
  readonly bits: number[];
  readonly latents: number[];
  readonly losses: number[];
}

it.skipIf(firefoxPath === undefined)(
  'has the values of Node, in Firefox (scripts/install-system-packages)',
  { tags: 'system' },
  async () => {
    const config = tinyConfig({ learningRate: 0.001, warmupSteps: 10 });
    const dataset = tinyDataset(8);
    const script = `
      import { configureRuntime, loadModel } from 'emerging-flows';
      import { imagesInMemory } from 'emerging-flows/data';
      import { privateFiles, resumeRun, startRun, train } from 'emerging-flows/training';

      globalThis.use = async () => {
        configureRuntime({
          wasm: '/runtime/ort-wasm-simd-threaded.wasm.gz',
          startWorker: () => new Worker('/gradients.js', { type: 'module' }),
        });
        await using model = await loadModel('/mnist');
        const samples = await model.sample({ count: 8, temperature: 0.8, seed: 3 });
        const bits = await model.bitsPerDim(samples);
        await using exact = await loadModel('/mnist', { device: 'wasm' });
        const latents = (await exact.encode(samples)).flatMap(({ data }) => [...data]);
        const images = imagesInMemory(Uint8Array.from([${readAll(dataset.train)}]), [8, 8, 1]);
        const dataset = { name: 'tiny', imageShape: [8, 8, 1], train: images, validation: images, test: images };
        const files = await privateFiles.open('firefox');
        const run = await startRun(${JSON.stringify(config)}, files, { dataset });
        const losses = [];
        const onStep = (step, loss) => losses.push(loss);
        await train({ ...run, workers: 2, threads: 2, stopAt: 4, events: { onStep } });
        await train({ ...(await resumeRun(files, {}, { dataset })), workers: 2, threads: 2, events: { onStep } });
        await privateFiles.remove('firefox');
        return { browser: navigator.userAgent, samples: [...samples], bits: [...bits], latents, losses };
      };
    `;
    const bundled = await bundle(script, { gradients: `import 'emerging-flows/worker';` });
    const page = await openPageInFirefox(bundled);
    await expect.poll(() => page.evaluate("'use' in window")).toBe(true);
    const report = await page.evaluate<Report>('use()');
    await page.close();
    expect(report.browser).toContain('Firefox');

    await using model = await loadModel('models/mnist-small');
    const samples = await model.sample({ count: 8, temperature: 0.8, seed: 3 });
    expect(largestDifference(samples, report.samples)).toBeLessThanOrEqual(1);
    const bits = await model.bitsPerDim(Uint8Array.from(report.samples));
    expect(largestDifference(bits, report.bits)).toBeLessThan(5e-6);
    await using exact = await loadModel('models/mnist-small', { device: 'wasm' });
    const latents = await exact.encode(Uint8Array.from(report.samples));
    expect(report.latents).toEqual(latents.flatMap(({ data }) => [...data]));

    const losses: number[] = [];
    const onStep = (_: number, loss: number): void => {
      losses.push(loss);
    };
    const run = await startRun(config, memoryFiles('node'), { dataset });
    await train({ ...run, threads: 2, workers: 2, events: { onStep } });
    expect(report.losses).toHaveLength(losses.length);
    expect(largestDifference(losses, report.losses)).toBeLessThan(1e-4);
  },
);
