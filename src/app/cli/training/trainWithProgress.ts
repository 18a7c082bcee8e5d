import { isPointShape } from '../../../core/numeric/index.ts';
import type { Ranks } from '../../../core/ranks/index.ts';
import { exists } from '../../../data/files/files.ts';
import { listFolder } from '../../../data/files/folders.ts';
import { countParameters, resultUnit } from '../../../flows/models/index.ts';
import { runFileNames } from '../../../runs/contents/runFileNames.ts';
import { runFiles } from '../../../runs/folder/runFolder.ts';
import { flowName } from '../../../runs/settings/experimentName.ts';
import { createSchedule, withSteps } from '../../../runs/settings/schedule.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { describePlace } from '../../../training/loop/recordTraining.ts';
import type { PreparationPart, TrainingEvents } from '../../../training/loop/trainingEvents.ts';
import { EventFile } from '../../../training/reports/eventFile.ts';
import { readSheet, samplesPath } from '../../../training/reports/runPictures.ts';
import { type TrainedRun, trainRun } from '../../../training/reports/trainRun.ts';
import { drawOrNote } from '../terminal/failure.ts';
import { formatBytes, formatCount, formatCounted, formatDuration } from '../terminal/format.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { createImageProgress, createProgress } from '../terminal/progress.ts';
import { errorMessage, shellWord } from '../terminal/wording.ts';
import type { PreparedRun } from './preparedRun.ts';
import type { StepOptions } from './stepOptions.ts';
import {
  chosenNotes,
  heldOutText,
  imageNotes,
  movedText,
  originNotes,
  ranksText,
  scheduleWarnings,
  sharingText,
} from './trainingNotes.ts';

/** From this many parameters on, training takes seconds to start and prints what it is doing. */
const LARGE = 4e6;

/** The exit code after SIGTERM. */
const TERMINATED = 143;

/** What is printed during each preparation. */
const preparations: Record<PreparationPart, string> = {
  weights: 'initialising the weights from the first batch',
  programs: 'compiling the training step',
};

/** How a run is trained, in addition to its configuration. */
export interface TrainingRunOptions extends StepOptions {
  readonly stopAt?: number;
  readonly test: boolean;
  readonly tensorboard?: true;
}

/** Trains, measures and draws a run, until that is done or interrupted; returns the exit code of an interruption, else 0. */
export async function trainWithProgress(
  run: PreparedRun,
  { stopAt, activations, workers, test, tensorboard }: TrainingRunOptions,
  minutes: number | null,
  engine: CompileOptions,
  ranks: Ranks,
): Promise<{ result: TrainedRun; exitCode: number }> {
  const { config, dataset, schedule, paths, state } = run;
  const begin = performance.now();
  const board = tensorboard || hasEvents(run) ? tensorBoard(run) : undefined;
  const total = minutes === null ? schedule.totalSteps : null;
  /** The current phase; the bar shows all but `drawing`. */
  let phase: 'step' | 'testing' | 'validation' | 'drawing' = 'step';
  let bar = createProgress({
    label: phase,
    total,
    start: state?.step ?? 0,
    announced: {
      work: 'training',
      units: 'steps',
      last: total === null ? undefined : Math.min(total, stopAt ?? total),
    },
  });
  const note = (text: string): void => bar.note(text);
  const enter = (next: typeof phase, images = 0): void => {
    if (next !== phase) {
      phase = next;
      bar.finish();
      bar = next === 'drawing' ? bar : createImageProgress({ label: next, images, passes: 1 });
    }
  };
  const interruption = listenForInterruption(
    () =>
      note(
        phase === 'drawing'
          ? 'finishing the run; press Ctrl-C again to stop at once'
          : phase !== 'step'
            ? 'stopping the evaluation'
            : ranks.size === 1
              ? 'stopping after this step; press Ctrl-C again to stop at once'
              : `stopping after this step; if the ranks are killed first, emerging train --resume ${shellWord(paths.directory)} ` +
                'continues from the last checkpoint, with any number of ranks',
      ),
    { ranks: ranks.size > 1 },
  );
  const warn = (warning: string): void => note(`warning: ${warning}`);
  dataset.warnings?.forEach(warn);
  [...originNotes(run), ...imageNotes(run)].forEach(note);
  const parameters = countParameters(dataset.imageShape, config.model);
  const length =
    minutes === null
      ? formatCounted(schedule.totalSteps, 'step')
      : `as many steps as fit in ${formatDuration(60 * minutes)}`;
  note(
    `${flowName(config)} flow with ${formatCount(parameters)} parameters, ` +
      `${formatCount(dataset.train.count)} ${isPointShape(dataset.imageShape) ? 'points' : 'images'} of ${dataset.name}${heldOutText(dataset)}, ${length}, ` +
      `into ${paths.directory}`,
  );
  if (ranks.size > 1) {
    note(ranksText(ranks, config.training.batchSize));
  }
  if (run.assumed) {
    note(`using preset ${run.preset}; choose another with --preset or --config`);
  }
  for (const damage of run.damages ?? []) {
    note(
      `${damage}. Resuming from step ${formatCount(state?.step ?? 0)} instead; the file is renamed to ….damaged`,
    );
  }
  if (minutes === null) {
    scheduleWarnings(schedule, stopAt).forEach(warn);
  }
  const unit = resultUnit(config.model);
  let recent: number | undefined;
  try {
    const before = await run.store.readSummaryIfSound();
    const events: TrainingEvents = {
      onPreparing(part) {
        if (parameters > LARGE) {
          note(preparations[part]);
        }
      },
      onPrepared({ activations, bytes, workers }) {
        const hardware = describePlace(engine, workers, ranks.size);
        const moved = state && movedText(before, hardware);
        if (moved !== undefined) {
          note(moved);
        }
        const treatment = activations === 'keep' ? 'kept' : 'recomputed';
        note(
          `activations are ${treatment}: a step needs about ${formatBytes(bytes)} in total${sharingText(hardware)}`,
        );
      },
      onStepsChosen(chosen) {
        bar.expect(chosen.steps);
        const { count } = dataset.train;
        const chosenSchedule = createSchedule(withSteps(config, chosen.steps, count), count);
        chosenNotes(chosen, schedule, chosenSchedule).forEach(note);
        scheduleWarnings(chosenSchedule, stopAt).forEach(warn);
      },
      onStep(step, bitsPerDim, imagesPerSecond, learningRate) {
        if (Number.isFinite(bitsPerDim)) {
          recent = recent === undefined ? bitsPerDim : 0.95 * recent + 0.05 * bitsPerDim;
        }
        board?.onStep(step, bitsPerDim, imagesPerSecond, learningRate);
        bar.update(step, {
          ...(recent !== undefined && { result: unit.text(recent, 2) }),
          imagesPerSecond,
        });
      },
      onValidation(step, bitsPerDim) {
        board?.onValidation(step, bitsPerDim);
        note(`step ${step}: ${unit.text(bitsPerDim, 3)} on validation images (average weights)`);
      },
      async onSamples(step, { file }) {
        if (phase === 'step') {
          note(`step ${step}: samples in ${file}`);
        } else {
          await drawOrNote('samples in TensorBoard', () => board?.onSamples(step), note);
        }
      },
      async onMilestone(step) {
        await drawOrNote(`samples of step ${step} in TensorBoard`, () => board?.onSamples(step), note);
      },
      onTrained(complete) {
        if (minutes !== null && complete) {
          const seconds = (performance.now() - begin) / 1000;
          note(`training took ${formatDuration(seconds)} of ${formatDuration(60 * minutes)}`);
        }
        enter('drawing');
      },
      onMeasuring(split, done, images) {
        enter(split === 'test' ? 'testing' : split, images);
        if (done > 0) {
          bar.update(done);
        }
        if (done >= images) {
          enter('drawing');
        }
      },
      onTrouble(_, text, lost) {
        if (phase !== 'step') {
          enter('drawing');
        }
        note(lost === undefined ? text : `no ${lost.what}: ${errorMessage(lost.error)}`);
      },
    };
    // Leaves out the fields that only the command needs.
    const { images: _, assumed: __, ...trainable } = run;
    const result = await trainRun({
      ...engine,
      ...trainable,
      stopAt,
      minutes: minutes ?? undefined,
      activations,
      workers,
      ranks,
      test,
      reference: test,
      signal: interruption.signal,
      events,
    });
    if (result.samples === null) {
      await drawOrNote('samples in TensorBoard', () => board?.onSamples(result.state.step), note);
    }
    // Perhaps only another rank was told to end.
    return { result, exitCode: interruption.exitCode() || (result.interrupted ? TERMINATED : 0) };
  } finally {
    bar.finish();
    interruption.release();
  }
}

/** Whether an earlier command has written events for the run. */
function hasEvents(run: PreparedRun): boolean {
  return exists(run.paths.tensorboard);
}

/**
 * Writes the events of a training run to its folder `tensorboard`: one file per call. TensorBoard reads them
 * in the order of their names and never goes back, so each gets the next number.
 *
 * @throws UserError if it cannot be written
 */
function tensorBoard({ paths, state, config }: PreparedRun) {
  const unit = resultUnit(config.model);
  const folder = paths.tensorboard;
  // Opened at the first step: a run that fails earlier leaves nothing behind.
  let opened: EventFile | undefined;
  const file = (): EventFile => {
    if (opened === undefined) {
      const name = nextEventName(exists(folder) ? listFolder(folder) : []);
      opened = new EventFile(runFiles(paths), `${runFileNames.tensorboard}/${name}`, state?.step);
    }
    return opened;
  };
  return {
    onStep: (step: number, bitsPerDim: number, imagesPerSecond: number, learningRate: number): void =>
      file().scalars(step, {
        [`${unit.words}/training`]: unit.of(bitsPerDim),
        'learning rate': learningRate,
        'images per second': imagesPerSecond,
      }),
    onValidation: (step: number, bitsPerDim: number): void =>
      file().scalars(step, { [`${unit.words}/validation`]: unit.of(bitsPerDim) }),
    /** Adds the samples of a step, if they were drawn, and writes everything. */
    onSamples(step: number): void {
      const samples = samplesPath(paths, step);
      if (exists(samples)) {
        file().image(step, 'samples', readSheet(samples));
      }
      file().flush();
    },
  };
}

/** The name for the next event file, given the names in the folder, which may be a stranger's. */
export function nextEventName(names: readonly string[]): string {
  let last = -1;
  for (const name of names) {
    // A longer number is not exact, so that the next one would be the same.
    last = Math.max(last, Number(/^events\.out\.tfevents\.(\d{1,15})\.emerging$/.exec(name)?.[1] ?? -1));
  }
  return `events.out.tfevents.${String(last + 1).padStart(8, '0')}.emerging`;
}
