// The trained models of the benchmark, kept in folders: an interrupted run resumes from its last checkpoint.
import { existsSync, readFileSync } from 'node:fs';
import { createProgress } from '../../src/cli/terminal/progress.ts';
import type { Dataset } from '../../src/data/contract/dataset.ts';
import { trainToAction } from '../../src/evaluation/action/trainToAction.ts';
import { resolveConfig } from '../../src/experiments/resolve.ts';
import type { ImageShape } from '../../src/numeric/imageShape.ts';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import { resumeRun, startRun } from '../../src/runs/open/run.node.ts';
import { loadModel } from '../../src/trained/loading/loadModel.ts';
import type { FlowModel } from '../../src/trained/model/flowModel.ts';
import type { TrainingResult } from '../../src/training/loop/train.ts';
import { train } from '../../src/training/loop/train.ts';
import type { TrainingEvents } from '../../src/training/loop/trainingEvents.ts';
import { phi4Action, testPoint } from './phi4.ts';

/** How a model is trained. */
export interface Training {
  /** The folder of the run. */
  readonly place: string;
  /** Settings. */
  readonly set: readonly string[];
  readonly threads: number;
}

/** A trained model, and what its training took. */
export interface Trained {
  readonly model: FlowModel;
  readonly steps: number;
  readonly seconds: number;
}

/** Trains a model on images, which are made only if it is not trained yet, or loads it. */
export function trainedOn(makeDataset: () => Dataset, training: Training): Promise<Trained> {
  return trained(training, async (events) => {
    const { place, set, threads } = training;
    const dataset = makeDataset();
    // The model's own settings say by now what it learned of the images.
    const changes = set.filter((setting) => setting.startsWith('training.'));
    const run = existsSync(place)
      ? await resumeRun(place, {}, { dataset, set: changes })
      : await startRun(configOf(dataset.name, set), place, { dataset });
    return train({ ...run, threads, workers: threads, events });
  });
}

/** Trains a model to φ⁴, or loads it. */
export function trainedToPhi4(imageShape: ImageShape, training: Training): Promise<Trained> {
  return trained(training, (events) => {
    const { place, set, threads } = training;
    const options = { config: configOf('phi4', set), imageShape, place, threads, events };
    return trainToAction({ ...options, resume: existsSync(place) }, phi4Action(testPoint));
  });
}

const configOf = (name: string, set: readonly string[]) =>
  resolveConfig({ set: [`data.name=${name}`, ...set] });

async function trained(
  { place, set, threads }: Training,
  run: (events: TrainingEvents) => Promise<TrainingResult>,
): Promise<Trained> {
  const total = configOf('any', set).training.steps!;
  const done = existsSync(place) ? JSON.parse(readFileSync(runPaths(place).summary, 'utf8')) : {};
  if (done.complete && done.steps === total) {
    return { model: await loadModel(place, { threads }), steps: total, seconds: done.seconds };
  }
  const progress = createProgress({ label: place, total });
  try {
    const { state, seconds } = await run({
      onStep: (step, bitsPerDim) =>
        progress.update(step, { result: `${(bitsPerDim * Math.LN2).toFixed(4)} nats/value` }),
      onTrouble: (_, text) => progress.note(text),
    });
    return { model: await loadModel(place, { threads }), steps: state.step, seconds };
  } finally {
    progress.finish();
  }
}
