// A training with its progress: a bar, notes above it, and events for TensorBoard.

import type { Ranks } from '../../../core/ranks/index.ts';
import { countParameters, resultUnit } from '../../../flows/models/index.ts';
import { createSchedule, withSteps } from '../../../runs/settings/index.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { describePlace, type PreparationPart, type TrainingEvents } from '../../../training/loop/index.ts';
import { type TrainedRun, trainRun } from '../../../training/reports/trainRun.ts';
import { drawOrNote } from '../terminal/failure.ts';
import { formatBytes, formatDuration } from '../terminal/format.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { errorMessage, shellWord } from '../terminal/wording.ts';
import type { PreparedRun } from './preparedRun.ts';
import type { StepOptions } from './stepOptions.ts';
import { hasEvents, tensorBoard } from './tensorBoard.ts';
import { chosenNotes, movedText, openingNotes, scheduleWarnings, sharingText } from './trainingNotes.ts';

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

/** The bar of the current phase, with notes above it. No bar is shown while pictures are drawn. */
class PhaseBar {
  private phase: 'step' | 'testing' | 'validation' | 'drawing' = 'step';
  private bar: Progress;

  constructor(start: number, total: number | null) {
    this.bar = createProgress({ label: this.phase, total, start });
  }

  get isTraining(): boolean {
    return this.phase === 'step';
  }

  /** What an interruption does in this phase. */
  interruptionText(ranks: Ranks, directory: string): string {
    if (this.phase === 'drawing') {
      return 'finishing the run; press Ctrl-C again to stop at once';
    }
    if (this.phase !== 'step') {
      return 'stopping the evaluation';
    }
    return ranks.size === 1
      ? 'stopping after this step; press Ctrl-C again to stop at once'
      : `stopping after this step; if the ranks are killed first, emerging train --resume ${shellWord(directory)} ` +
          'continues from the last checkpoint, with any number of ranks';
  }

  enter(next: 'testing' | 'validation' | 'drawing', images = 0): void {
    if (next !== this.phase) {
      this.phase = next;
      this.bar.finish();
      this.bar =
        next === 'drawing' ? this.bar : createProgress({ label: next, total: images, unit: 'images' });
    }
  }

  readonly note = (text: string): void => this.bar.note(text);
  readonly warn = (warning: string): void => this.note(`warning: ${warning}`);
  readonly expect = (total: number): void => this.bar.expect(total);
  readonly update: Progress['update'] = (done, fields) => this.bar.update(done, fields);
  readonly finish = (): void => this.bar.finish();
}

/** Trains, measures and draws a run, until that is done or interrupted; returns the exit code of an interruption, else 0. */
export async function trainWithProgress(
  run: PreparedRun,
  { stopAt, activations, workers, test, tensorboard }: TrainingRunOptions,
  minutes: number | null,
  engine: CompileOptions,
  ranks: Ranks,
): Promise<{ result: TrainedRun; exitCode: number }> {
  const { schedule, paths, state } = run;
  const board = tensorboard || hasEvents(run) ? tensorBoard(run) : undefined;
  const bar = new PhaseBar(state?.step ?? 0, minutes === null ? schedule.totalSteps : null);
  const interruption = listenForInterruption(() => bar.note(bar.interruptionText(ranks, paths.directory)), {
    ranks: ranks.size > 1,
  });
  openingNotes(run, minutes, stopAt, ranks).forEach(bar.note);
  try {
    const before = await run.store.readSummaryIfSound();
    const onPrepared: TrainingEvents['onPrepared'] = ({ activations, bytes, workers }) => {
      const hardware = describePlace(engine, workers, ranks.size);
      const moved = state && movedText(before, hardware);
      if (moved !== undefined) {
        bar.note(moved);
      }
      const treatment = activations === 'keep' ? 'kept' : 'recomputed';
      bar.note(
        `activations are ${treatment}: a step needs about ${formatBytes(bytes)} in total${sharingText(hardware)}`,
      );
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
      events: { ...printedEvents(run, minutes, stopAt, bar, board), onPrepared },
    });
    if (result.samples === null) {
      await drawOrNote('samples in TensorBoard', () => board?.onSamples(result.state.step), bar.note);
    }
    // Perhaps only another rank was told to end.
    return { result, exitCode: interruption.exitCode() || (result.interrupted ? TERMINATED : 0) };
  } finally {
    bar.finish();
    interruption.release();
  }
}

/** The events of training as a bar, notes above it, and values for TensorBoard. */
function printedEvents(
  { config, dataset, schedule }: PreparedRun,
  minutes: number | null,
  stopAt: number | undefined,
  bar: PhaseBar,
  board: ReturnType<typeof tensorBoard> | undefined,
): TrainingEvents {
  const begin = performance.now();
  const unit = resultUnit(config.model);
  const isLarge = countParameters(dataset.imageShape, config.model) > LARGE;
  let recent: number | undefined;
  return {
    onPreparing(part) {
      if (isLarge) {
        bar.note(preparations[part]);
      }
    },
    onStepsChosen(chosen) {
      bar.expect(chosen.steps);
      const { count } = dataset.train;
      const chosenSchedule = createSchedule(withSteps(config, chosen.steps, count), count);
      chosenNotes(chosen, schedule, chosenSchedule).forEach(bar.note);
      scheduleWarnings(chosenSchedule, stopAt).forEach(bar.warn);
    },
    onStep(step, bitsPerDim, imagesPerSecond, learningRate) {
      if (Number.isFinite(bitsPerDim)) {
        recent = recent === undefined ? bitsPerDim : 0.95 * recent + 0.05 * bitsPerDim;
      }
      board?.onStep(step, bitsPerDim, imagesPerSecond, learningRate);
      bar.update(step, { ...(recent !== undefined && { result: unit.text(recent, 2) }), imagesPerSecond });
    },
    onValidation(step, bitsPerDim) {
      board?.onValidation(step, bitsPerDim);
      bar.note(`step ${step}: ${unit.text(bitsPerDim, 3)} on validation images (average weights)`);
    },
    async onSamples(step, { file }) {
      if (bar.isTraining) {
        bar.note(`step ${step}: samples in ${file}`);
      } else {
        await drawOrNote('samples in TensorBoard', () => board?.onSamples(step), bar.note);
      }
    },
    async onMilestone(step) {
      await drawOrNote(`samples of step ${step} in TensorBoard`, () => board?.onSamples(step), bar.note);
    },
    onTrained(complete) {
      if (minutes !== null && complete) {
        const seconds = (performance.now() - begin) / 1000;
        bar.note(`training took ${formatDuration(seconds)} of ${formatDuration(60 * minutes)}`);
      }
      bar.enter('drawing');
    },
    onMeasuring(split, done, images) {
      bar.enter(split === 'test' ? 'testing' : split, images);
      if (done > 0) {
        bar.update(done);
      }
      if (done >= images) {
        bar.enter('drawing');
      }
    },
    onTrouble(_, text, lost) {
      if (!bar.isTraining) {
        bar.enter('drawing');
      }
      bar.note(lost === undefined ? text : `no ${lost.what}: ${errorMessage(lost.error)}`);
    },
  };
}
