// The pictures that are written to a run folder during training.
import type { CompileOptions } from '../../engine/program.ts';
import { releaseAfter } from '../../engine/resources.ts';
import { FlowModel } from '../../evaluation/model/flowModel.ts';
import { trainedModel } from '../../evaluation/model/trainedModel.ts';
import { drawLearningCurve, drawSamples } from '../../evaluation/runs/runPictures.ts';
import { experimentName } from '../../experiments/experimentName.ts';
import { Glow } from '../../models/glow.ts';
import { pathFrom, realFolder } from '../../storage/folders.ts';
import { lastStepOf } from '../../training/run/milestones.ts';
import type { TrainingState } from '../../training/trainingState.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import type { PreparedRun } from './preparedRun.ts';

/** Samples that take longer than this, in milliseconds, … */
const quick = 5000;
/** … are drawn only as long as they take no more than this share of the time. */
const mostShare = 0.02;

/** The title of a run's pictures: what it is, and its folder, also if it was opened as `.` or through a link. */
export function pictureTitle({
  preset,
  config,
  paths,
}: Pick<PreparedRun, 'preset' | 'config' | 'paths'>): string {
  const folder = realFolder(paths.directory);
  const below = pathFrom(realFolder('.'), folder);
  const isBelow = below !== '' && !/^\.\.(\/|$)/.test(below);
  return `${experimentName(preset, config)}, ${isBelow ? below : folder}`;
}

/**
 * Draws learning curve and samples at a milestone; those of the last step are drawn by the code that ends the
 * training. Frozen weights are recompiled each time: that takes a fraction of a second, while a program with
 * the weights as inputs would hold its memory all the time. If drawing fails, a note says so and training
 * continues.
 */
export function pictures(
  run: PreparedRun,
  stopAt: number | undefined,
  engine: CompileOptions,
  note: (text: string) => void,
): (step: number, state: TrainingState) => Promise<void> {
  const { config, dataset, paths, schedule } = run;
  const lastStep = lastStepOf(schedule, stopAt);
  const started = performance.now();
  let sampling = 0;
  return async (step, state) => {
    if (step === lastStep) {
      return;
    }
    await drawOrNote(
      `learning curve of step ${step}`,
      () => drawLearningCurve(paths, pictureTitle(run)),
      note,
    );
    const begin = performance.now();
    if (sampling <= Math.max(quick, mostShare * (begin - started))) {
      await drawOrNote(
        `samples of step ${step}`,
        () => {
          const trained = trainedModel(new Glow(config.model, dataset.imageShape), state, 'average');
          return releaseAfter((keep) => drawSamples(keep(new FlowModel(trained, engine)), step, paths));
        },
        note,
      );
      sampling = performance.now() - begin;
    }
  };
}
