// Times the steps of a study whose runs have a training time, before they start.

import type { Interruption } from '../../src/app/cli/terminal/interruption.ts';
import { withProgress } from '../../src/app/cli/terminal/progress.ts';
import type { ImageShape } from '../../src/core/numeric/imageShape.ts';
import type { Config } from '../../src/runs/settings/configSchema.ts';
import { releaseAfter } from '../../src/tensor/engine/resources.ts';
import { optimizerOf } from '../../src/tensor/optimizers/registry.ts';
import { BENCH_EPOCH, BENCH_RATE, prepareBenchTraining } from '../shared/benchModel.ts';
import { measureInTurn } from '../shared/timing.ts';
import { addToBudget, readBudget } from './budget.ts';
import { configsOf } from './runs.ts';
import type { Study } from './studies.ts';

const ROUNDS = 21;
/** The first steps touch memory for the first time. */
const WARM_UP = 3;

/**
 * Times the variants that have not been timed, in turn in one process with one thread. Only the processor's time counts, and
 * the least of the rounds: neither depends much on what else the machine does. Does nothing for a study with a fixed number
 * of steps.
 */
export async function timeBudget(
  root: string,
  study: Study,
  imageShape: ImageShape,
  interruption: Interruption,
): Promise<void> {
  const known = readBudget(root, study);
  const missing = [...configsOf(study)].filter(([variant]) => known[variant] === undefined);
  if (study.seconds === undefined || missing.length === 0) {
    return;
  }
  const configs = missing.map(([, config]) => config);
  const seconds = await timeSteps(`timing steps of ${study.name}`, configs, imageShape, interruption);
  const least = missing.map(([variant], index) => [variant, Math.min(...seconds[index]!)]);
  addToBudget(root, study, Object.fromEntries(least));
}

/** The processor's seconds for each step. */
function timeSteps(
  label: string,
  configs: readonly Config[],
  imageShape: ImageShape,
  { signal }: Interruption,
): Promise<number[][]> {
  return withProgress(
    (show) =>
      releaseAfter(async (keep) => {
        const steps: ((round: number) => Promise<number>)[] = [];
        for (const { model, training } of configs) {
          const { batchSize, microBatch } = training;
          const optimizer = optimizerOf(training, BENCH_EPOCH);
          const options = { model, optimizer, imageShape, batchSize, microBatch, threads: 1, workers: 1 };
          const { trainer, batches } = await prepareBenchTraining(options, keep);
          steps.push(async (round) => {
            const begin = process.cpuUsage();
            await trainer.update(await trainer.gradientsOf(batches.at(round)), BENCH_RATE);
            const { user, system } = process.cpuUsage(begin);
            return (user + system) / 1e6;
          });
        }
        const all = WARM_UP + ROUNDS;
        return measureInTurn(steps, {
          ...{ warmUp: WARM_UP, rounds: ROUNDS, signal },
          onRound: (done) => show(label, done, all),
        });
      }),
    'rounds',
  );
}
