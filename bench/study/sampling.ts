// How long the trained models of a study take to sample an image, timed in turn in one process.
import { join } from 'node:path';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import { withProgress } from '../../src/cli/terminal/progressBars.ts';
import { inverseMethods } from '../../src/engine/graph/prepare.ts';
import type { Mixing } from '../../src/models/mixing.ts';
import { median, rangeOf } from '../../src/numeric/statistics.ts';
import { readJson, writeJson } from '../../src/storage/jsonFile.ts';
import { loadRun } from '../../src/trained/loading/loadRun.ts';
import { timeSampling } from '../shared/timeSampling.ts';
import { type Study, studyFolder } from './studies.ts';
import { areTimesOf, type RunToTime, type TimedRun } from './timedRuns.ts';

/** The time to sample an image with one inverse. */
interface SamplingTime {
  readonly variant: string;
  readonly inverse: string;
  /** From a seed to 8-bit pixels, the time of a batch per image: the median of the rounds. */
  readonly milliseconds: number;
  readonly range: readonly [least: number, most: number];
}

/** Which runs were timed, and how. */
export interface StudySamplingTimes {
  readonly runs: readonly TimedRun[];
  readonly batch: number;
  readonly rounds: number;
  readonly times: readonly SamplingTime[];
}

const BATCH = 64;
const ROUNDS = 7;

/** The times stored for a study; null if there are none. */
export function readSamplingTimes(root: string, study: Study): StudySamplingTimes | null {
  return readJson<StudySamplingTimes>(timesPath(root, study)) ?? null;
}

/**
 * Times one run of each variant, emerging with each of its inverses, unless the same runs have been timed
 * before.
 */
export async function timeSamplingOf(
  root: string,
  study: Study,
  runs: readonly RunToTime[],
  interruption: Interruption,
): Promise<void> {
  if (runs.length === 0 || areTimesOf(readSamplingTimes(root, study), runs)) {
    return;
  }
  const loaded = await Promise.all(runs.map(({ directory }) => loadRun(directory)));
  // No study registers a mixing of its own.
  const models = loaded.map((trained) => ({ mixing: trained.config.model.mixing as Mixing, trained }));
  const timed = await withProgress(
    (show) =>
      timeSampling({
        models,
        inverses: inverseMethods,
        batchSize: BATCH,
        temperature: 1,
        forward: false,
        // Compiles.
        warmUp: 1,
        rounds: ROUNDS,
        signal: interruption.signal,
        onProgress: (done) => show(`timing samples of ${study.name}`, done, ROUNDS),
      }),
    'rounds',
  );
  const times = timed.map(({ model, inverse, samples }): SamplingTime => {
    const milliseconds = samples.map((seconds) => (1000 * seconds) / BATCH);
    return {
      variant: runs[model]!.variant,
      inverse,
      milliseconds: median(milliseconds),
      range: rangeOf(milliseconds),
    };
  });
  const stored: StudySamplingTimes = {
    runs: runs.map(({ timed }) => timed),
    batch: BATCH,
    rounds: ROUNDS,
    times,
  };
  writeJson(timesPath(root, study), stored, 2);
}

function timesPath(root: string, study: Study): string {
  return join(studyFolder(root, study), 'sampling.json');
}
