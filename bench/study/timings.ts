// The time of training steps and samples of each variant's model, in turn in one process, so that other load on the machine
// slows all of them equally.

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Interruption } from '../../src/app/cli/terminal/interruption.ts';
import { withProgress } from '../../src/app/cli/terminal/progress.ts';
import { median, rangeOf } from '../../src/core/numeric/statistics.ts';
import { partName } from '../../src/core/parts/index.ts';
import type { Mixing } from '../../src/flows/models/mixing.ts';
import { loadRun } from '../../src/model/loading/loadRun.ts';
import { inverseMethods } from '../../src/tensor/engine/graph/prepare.ts';
import { optimizerOf } from '../../src/tensor/optimizers/registry.ts';
import { BENCH_EPOCH } from '../shared/benchModel.ts';
import { timeSampling } from '../shared/timeSampling.ts';
import { timeTraining } from '../shared/timeTraining.ts';
import { doneRunsOf } from './doneRuns.ts';
import { readJson, writeJson } from './jsonFile.ts';
import { type Study, studyFolder, variantsOf } from './studies.ts';

/** The time to sample an image with one inverse. */
interface SamplingTime {
  readonly variant: string;
  readonly inverse: string;
  /** From a seed to 8-bit pixels, the time of a batch per image: the median of the rounds. */
  readonly milliseconds: number;
  readonly range: readonly [least: number, most: number];
}

/** The times of a study's models. */
export interface StudyTimings {
  /** The runs whose models were timed; bits/dim distinguish a run from one that was trained later in the same folder. */
  readonly runs: readonly { readonly run: string; readonly testBitsPerDim: number }[];
  /** Seconds per step of each variant, the medians of the rounds. */
  readonly secondsPerStep: Partial<Record<string, number>>;
  readonly sampling: readonly SamplingTime[];
}

/** A step of small models takes some 30 ms: the median of fewer rounds moves with the load of the machine. */
const STEP_ROUNDS = 61;
const [SAMPLES, SAMPLE_ROUNDS] = [64, 7];

/** The stored times of a study; undefined if there are none. */
export function readTimings(root: string, study: Study): StudyTimings | undefined {
  return readJson(timingsPath(root, study));
}

/** Times the model of one run of each variant, emerging with each of its inverses, unless the same runs have been timed. */
export async function timeStudy(root: string, study: Study, { signal }: Interruption): Promise<void> {
  const firstRuns = variantsOf(study).flatMap((variant) => doneRunsOf(root, study, variant).slice(0, 1));
  const runs = firstRuns.map(({ run, measurement }) => ({
    run: run.directory,
    testBitsPerDim: measurement.bitsPerDim,
  }));
  if (runs.length === 0 || isDeepStrictEqual(readTimings(root, study)?.runs, runs)) {
    return;
  }
  const loaded = await Promise.all(runs.map(({ run }) => loadRun(run)));
  const [{ config, model }] = loaded as [(typeof loaded)[number]];
  const { batchSize, microBatch } = config.training;
  const steps = await withProgress((show) =>
    timeTraining({
      models: loaded.map((run) => run.config.model),
      optimizers: loaded.map((run) => optimizerOf(run.config.training, BENCH_EPOCH)),
      ...{ imageShape: model.imageShape, batchSize, microBatch, rounds: STEP_ROUNDS, signal },
      onProgress: (done, total) => show(`timing steps of ${study.name}`, done, total),
    }),
  );
  const samples = await withProgress((show) =>
    timeSampling({
      // No study registers a mixing of its own.
      models: loaded.map((trained) => ({ mixing: partName(trained.config.model.mixing) as Mixing, trained })),
      inverses: inverseMethods,
      ...{ batchSize: SAMPLES, temperature: 1, forward: false, warmUp: 1, rounds: SAMPLE_ROUNDS, signal },
      onProgress: (done) => show(`timing samples of ${study.name}`, done, SAMPLE_ROUNDS),
    }),
  );
  const variants = firstRuns.map(({ run }) => run.variant);
  const timings: StudyTimings = {
    runs,
    secondsPerStep: Object.fromEntries(steps.map((times, index) => [variants[index]!, median(times.steps)])),
    sampling: samples.map(({ model, inverse, samples }) => {
      const milliseconds = samples.map((seconds) => (1000 * seconds) / SAMPLES);
      return {
        variant: variants[model]!,
        ...{ inverse, milliseconds: median(milliseconds), range: rangeOf(milliseconds) },
      };
    }),
  };
  writeJson(timingsPath(root, study), timings, 2);
}

function timingsPath(root: string, study: Study): string {
  return join(studyFolder(root, study), 'timings.json');
}
