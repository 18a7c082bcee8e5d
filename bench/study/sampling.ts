// How long the trained models of a study take to sample an image, in turn in one process.
import { join } from 'node:path';
import { createProgress } from '../../src/cli/terminal/progress.ts';
import { inverseMethods } from '../../src/engine/graph/prepare.ts';
import { FlowModel } from '../../src/evaluation/model/flowModel.ts';
import { loadRun } from '../../src/evaluation/model/loadRun.ts';
import { type LayerInverse, ownMethods } from '../../src/evaluation/timing/layerInverse.ts';
import { median, secondsOf } from '../../src/evaluation/timing/timing.ts';
import type { Mixing } from '../../src/models/mixing.ts';
import { releaseAfter } from '../../src/training/resources.ts';
import type { Interruption } from './interruption.ts';
import { readJson, writeJson } from './jsonFile.ts';
import { studyFolder } from './runs.ts';
import type { Study } from './studies.ts';
import { areTimesOf, type RunToTime, type TimedRun } from './timedRuns.ts';

/** The time to sample an image with one inverse. */
interface SamplingTime {
  readonly mixing: Mixing;
  readonly inverse: LayerInverse;
  /** From a seed to 8-bit pixels, a batch over its images: the median of the rounds. */
  readonly milliseconds: number;
  readonly range: readonly [least: number, most: number];
}

/** Which runs were timed, and how. */
export interface SamplingTimes {
  readonly runs: readonly TimedRun[];
  readonly batch: number;
  readonly rounds: number;
  readonly times: readonly SamplingTime[];
}

const BATCH = 64;
const ROUNDS = 7;

/** The times that were stored for a study; null where there are none. */
export function readSamplingTimes(root: string, study: Study): SamplingTimes | null {
  return readJson<SamplingTimes>(timesPath(root, study)) ?? null;
}

/** Times one run of each mixing, emerging by each of its inverses, unless the same runs have been timed before. */
export async function timeSamplingOf(
  root: string,
  study: Study,
  runs: readonly RunToTime[],
  interruption: Interruption,
): Promise<void> {
  if (runs.length === 0 || areTimesOf(readSamplingTimes(root, study), runs)) {
    return;
  }
  const bar = createProgress({ label: `timing samples of ${study.name}`, total: ROUNDS, unit: 'rounds' });
  try {
    const times = await releaseAfter(async (keep) => {
      const contenders = runs.flatMap(({ directory, mixing }) => {
        const trained = loadRun(directory);
        const inverses = mixing === 'emerging' ? inverseMethods : ([undefined] as const);
        return inverses.map((inverse) => ({
          mixing,
          inverse: inverse ?? ownMethods[mixing],
          model: keep(new FlowModel(trained, { batchSize: BATCH, ...(inverse && { inverse }) })),
          seconds: [] as number[],
        }));
      });
      // Round 0 compiles, and is not counted.
      for (let round = 0; round <= ROUNDS; round++) {
        for (const { model, seconds } of contenders) {
          interruption.check();
          const options = { count: BATCH, seed: round, onOverflow: () => {} };
          const taken = await secondsOf(() => model.sample(options));
          if (round > 0) {
            seconds.push(taken);
          }
        }
        bar.update(round);
      }
      return contenders.map(({ mixing, inverse, seconds }): SamplingTime => {
        const milliseconds = seconds.map((each) => (1000 * each) / BATCH);
        const range = [Math.min(...milliseconds), Math.max(...milliseconds)] as const;
        return { mixing, inverse, milliseconds: median(milliseconds), range };
      });
    });
    const stored: SamplingTimes = {
      runs: runs.map(({ timed }) => timed),
      batch: BATCH,
      rounds: ROUNDS,
      times,
    };
    writeJson(timesPath(root, study), stored, 2);
  } finally {
    bar.finish();
  }
}

function timesPath(root: string, study: Study): string {
  return join(studyFolder(root, study), 'sampling.json');
}
