// What `bench/browser.ts` times, the same code in a page's worker and in Node.
import { loadModel } from 'emerging-flows';
import { memoryFiles, resolveConfig, startRun, train } from 'emerging-flows/training';

/**
 * Trains the quick start on a dataset: seconds from `began` to the end of the first step, and images per second as the
 * median of the later steps.
 */
export async function timeTraining(dataset, { workers, steps, began }) {
  const config = resolveConfig({ preset: 'paper-mnist-quickstart' });
  const run = await startRun(config, memoryFiles('bench'), { dataset });
  const seconds = [];
  let last;
  let firstStep;
  const onStep = () => {
    const now = performance.now();
    if (last === undefined) {
      firstStep = (now - began) / 1000;
    } else {
      seconds.push((now - last) / 1000);
    }
    last = now;
  };
  await train({ ...run, threads: workers, workers, stopAt: steps, events: { onStep } });
  return { firstStep, imagesPerSecond: config.training.batchSize / medianOf(seconds) };
}

/** Samples 64 images of a model: seconds until the first 64 from nothing, and the median of later calls. */
export async function timeSampling(source, { began }) {
  const model = await loadModel(source);
  const sample = (seed) => model.sample({ count: 64, temperature: 0.8, seed });
  await sample(0);
  const cold = (performance.now() - began) / 1000;
  const seconds = [];
  for (let seed = 1; seed <= 5; seed++) {
    const begin = performance.now();
    await sample(seed);
    seconds.push((performance.now() - begin) / 1000);
  }
  await model.release();
  return { cold, warm: medianOf(seconds) };
}

function medianOf(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
