// Measures how fast this machine trains the models of a study: the basis of plans.
import { join } from 'node:path';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import type { Config } from '../../src/experiments/configSchema.ts';
import type { ImageShape } from '../../src/numeric/imageShape.ts';
import { median } from '../../src/numeric/statistics.ts';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import { readJson, writeJson } from '../../src/storage/jsonFile.ts';
import { readJsonLines } from '../../src/storage/jsonLines.ts';
import { readBudget } from './budget.ts';
import { DRAWS } from './measure.ts';
import type { RunCost } from './plan.ts';
import type { StudyImages } from './prepareData.ts';
import { configsOf, type StudyRun, searchRuns, seedRun } from './runs.ts';
import { type Study, studyFolder } from './studies.ts';
import { timeModels } from './timeModels.ts';

/** The speed of a model. */
interface Speed {
  readonly secondsPerStep: number;
  /** Forward passes. */
  readonly imagesPerSecond: number;
}

const ROUNDS = 3;
/** Validations of a run, at its milestones. */
const VALIDATIONS = 5;
/** The approximate time of a run to start, compile, and draw its samples and curve. */
const START_SECONDS = 8;
/** Fewer steps than this say little about the time of a step. */
const LEAST_STEPS = 20;

/** Forward passes over as many images as a step has take a third of its time: the gradients take the rest. */
const FORWARD_SHARE = 1 / 3;

/**
 * The cost of the runs of a study: steps as measured in its runs or, if there are none yet, in a few timed
 * steps on random pixels, or as its budget has them. `speeds.json` next to the runs stores the speed of forward passes.
 */
export async function measureRates(
  root: string,
  study: Study,
  images: StudyImages,
  interruption: Interruption,
): Promise<(variant: string) => RunCost> {
  const file = join(studyFolder(root, study), 'speeds.json');
  const known: Record<string, Speed> = readJson(file) ?? {};
  const configs = configsOf(study);
  const budget = readBudget(root, study);
  for (const [variant, config] of study.seconds === undefined ? configs : []) {
    const key = speedKey(config, images.imageShape);
    // The machine may have been busy: the speed is measured again until a run provides it.
    const isKnown = secondsPerStep(allRuns(root, study, variant)) !== null;
    if (known[key] === undefined || !isKnown) {
      const label = `timing ${study.name}, ${variant}`;
      const rounds = { imageShape: images.imageShape, rounds: ROUNDS };
      const [times] = await timeModels(label, [config], rounds, interruption);
      known[key] = {
        secondsPerStep: median(times!.steps),
        imagesPerSecond: config.training.microBatch / median(times!.forwards),
      };
      writeJson(file, known, 2);
    }
  }
  return (variant) => {
    const config = configs.get(variant)!;
    const timed = budget[variant];
    const speed =
      timed === undefined
        ? known[speedKey(config, images.imageShape)]!
        : { secondsPerStep: timed, imagesPerSecond: config.training.batchSize / (FORWARD_SHARE * timed) };
    return {
      secondsPerStep: secondsPerStep(allRuns(root, study, variant)) ?? speed.secondsPerStep,
      secondsBeside: ({ search }) => {
        const measured = VALIDATIONS * images.validation + (search ? 0 : DRAWS * images.test);
        return START_SECONDS + measured / speed.imagesPerSecond;
      },
    };
  };
}

/** The median time of the steps of some runs together; null if there are too few. */
export function secondsPerStep(runs: readonly StudyRun[]): number | null {
  const seconds = runs.flatMap(({ directory }) =>
    Array.from(readJsonLines(runPaths(directory).timings), (line) => Number(line.seconds)),
  );
  return seconds.length < LEAST_STEPS ? null : median(seconds);
}

function allRuns(root: string, study: Study, variant: string): StudyRun[] {
  return [
    ...searchRuns(root, study, variant),
    // The folder does not depend on the rate.
    ...study.seeds.map((seed) => seedRun(root, study, variant, seed, null)),
  ];
}

function speedKey({ model, training }: Config, imageShape: ImageShape): string {
  return JSON.stringify([model, imageShape, training.batchSize, training.microBatch]);
}
