// How far runs that differ only in threads and workers drift apart, for Adamax's epsilon and two warm-ups.
//
//   npx tsx bench/reproducibility.ts
//
// Prints the table of docs/training.md. About 20 minutes of two cores; load on the machine doesn't matter.

import { listenForInterruption } from '../src/cli/terminal/interruption.ts';
import { openDataset } from '../src/data/registry.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { mean } from '../src/numeric/statistics.ts';
import { startRun } from '../src/runs/open/run.node.ts';
import { memoryFiles } from '../src/storage/memoryFiles.ts';
import { train } from '../src/training/loop/train.ts';
import { builtInStudies } from './study/builtInStudies.ts';
import { prepareData } from './study/prepareData.ts';
import { chooseStudies } from './study/studies.ts';

const STEPS = 200;
const SEEDS = [0, 1];
const EPSILONS = [1e-8, 1e-6, 1e-5];
const WARM_UPS = [5, 100];
/** Threads, workers. */
const PLACES = [
  [1, 1],
  [2, 1],
  [2, 2],
] as const;

const interruption = listenForInterruption(() => {});
const rows: string[][] = [];
for (const study of chooseStudies(builtInStudies, ['mnist', 'deep-sky', 'emoji'])) {
  await prepareData(study, interruption);
  for (const warmUp of WARM_UPS) {
    const cells: string[] = [];
    for (const epsilon of EPSILONS) {
      const config = resolveConfig({
        preset: study.preset,
        set: [
          ...study.changes,
          'model.mixing=emerging',
          'training.learningRate=0.02',
          `training.warmupSteps=${warmUp}`,
          `training.steps=${STEPS}`,
          `training.epsilon=${epsilon}`,
        ],
        overrides: { data: { name: study.data.name } },
      });
      const { name, validation } = config.data;
      const dataset = { ...(await openDataset(name, { validation })), name };
      const bySeed: number[][] = [];
      for (const seed of SEEDS) {
        const results: number[] = [];
        for (const [threads, workers] of PLACES) {
          const run = await startRun({ ...config, seed }, memoryFiles('run'), { dataset });
          const { signal } = interruption;
          const { validationBitsPerDim } = await train({ ...run, threads, workers, signal });
          signal.throwIfAborted();
          results.push(validationBitsPerDim!);
          process.stderr.write(
            `${study.name}, warm-up ${warmUp}, epsilon ${epsilon}, seed ${seed}, ${threads} threads, ${workers} workers: ` +
              `${validationBitsPerDim!.toFixed(4)}\n`,
          );
        }
        bySeed.push(results);
      }
      const drifts = bySeed.map((results) => Math.max(...results) - Math.min(...results));
      cells.push(`${drifts.map((drift) => drift.toFixed(3)).join(', ')} (${mean(bySeed.flat()).toFixed(3)})`);
    }
    rows.push([study.title, String(warmUp), ...cells]);
  }
}
interruption.release();
process.stdout.write(
  `${markdownTable(['images', 'warm-up, steps', ...EPSILONS.map((epsilon) => `epsilon ${epsilon}`)], rows)}\n`,
);
