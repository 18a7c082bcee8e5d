// Training with its user interface: a progress bar, notes, pictures, and a clean stop on Ctrl-C.
import type { Ranks } from '../../cluster/ranks.ts';
import { isHost } from '../../engine/devices/device.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { UserError } from '../../errors.ts';
import { trainWithPictures } from '../../evaluation/reports/folderReports.ts';
import { flowName } from '../../experiments/experimentName.ts';
import { type Schedule, scheduleOf, withSteps } from '../../experiments/schedule.ts';
import { unusedKeyWarnings } from '../../experiments/unusedKeys.ts';
import { countParameters } from '../../models/flowRegistry.ts';
import { unitOf } from '../../models/unit.ts';
import { discardUnstartedRun } from '../../runs/folder/newRunFolder.ts';
import { cleanedUpAfter } from '../../storage/cleanUp.ts';
import { type Place, placeOf } from '../../training/loop/recordTraining.ts';
import type { TrainingResult } from '../../training/loop/train.ts';
import type { ChosenSteps, PreparationPart, TrainingEvents } from '../../training/loop/trainingEvents.ts';
import type { StepOptions } from '../parts/options.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import { formatBytes, formatCount, formatCounted, formatDuration } from '../terminal/format.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { createProgress } from '../terminal/progress.ts';
import { shellWord } from '../terminal/shellWord.ts';
import { heldOutText, imageNotes } from './imageNotes.ts';
import { originNotes } from './originNotes.ts';
import type { PreparedRun } from './preparedRun.ts';
import type { TensorBoard } from './tensorboard.ts';
import { movedText } from './trainSummary.ts';

/** From this many parameters on, training takes seconds to start and prints what it is doing. */
const LARGE = 4e6;

/** The exit code after SIGTERM. */
const TERMINATED = 143;

/** What is printed during each preparation. */
const preparations: Record<PreparationPart, string> = {
  weights: 'initialising the weights from the first batch',
  programs: 'compiling the training step',
};

/** Trains with a progress bar until the run is done, stops or is interrupted. */
export async function trainWithProgress(
  run: PreparedRun,
  { stopAt, resume, activations, workers }: StepOptions & { stopAt?: number; resume?: string },
  minutes: number | null,
  engine: CompileOptions,
  board: TensorBoard | undefined,
  ranks: Ranks,
): Promise<{ result: TrainingResult; exitCode: number }> {
  const { config, dataset, schedule, paths, state } = run;
  const begin = performance.now();
  const total = minutes === null ? schedule.totalSteps : null;
  const bar = createProgress({
    label: 'step',
    total,
    start: state?.step ?? 0,
    announced: {
      work: 'training',
      units: 'steps',
      last: total === null ? undefined : Math.min(total, stopAt ?? total),
    },
  });
  const interruption = listenForInterruption(
    () =>
      bar.note(
        ranks.size === 1
          ? 'stopping after this step; press Ctrl-C again to stop at once'
          : `stopping after this step; if the ranks are killed first, emerging train --resume ${shellWord(paths.directory)} ` +
              'continues from the last checkpoint, with any number of ranks',
      ),
    { ranks: ranks.size > 1 },
  );
  for (const warning of dataset.warnings ?? []) {
    bar.note(`warning: ${warning}`);
  }
  for (const note of [...originNotes(run), ...imageNotes(run)]) {
    bar.note(note);
  }
  const parameters = countParameters(dataset.imageShape, config.model);
  const length =
    minutes === null
      ? formatCounted(schedule.totalSteps, 'step')
      : `as many steps as fit in ${formatDuration(60 * minutes)}`;
  bar.note(
    `${flowName(config)} flow with ${formatCount(parameters)} parameters, ` +
      `${formatCount(dataset.train.count)} images of ${dataset.name}${heldOutText(dataset)}, ${length}, ` +
      `into ${paths.directory}`,
  );
  if (ranks.size > 1) {
    bar.note(ranksText(ranks, config.training.batchSize));
  }
  if (run.assumed) {
    bar.note(`using preset ${run.preset}; choose another with --preset or --config`);
  }
  for (const damage of run.damages ?? []) {
    bar.note(
      `${damage}. Resuming from step ${formatCount(state?.step ?? 0)} instead; the file is renamed to ….damaged`,
    );
  }
  const note = (text: string): void => bar.note(text);
  for (const warning of [
    ...unusedKeyWarnings(config.model),
    ...(minutes === null ? scheduleWarnings(schedule, stopAt) : []),
  ]) {
    bar.note(`warning: ${warning}`);
  }
  const unit = unitOf(config.model);
  let recent: number | undefined;
  try {
    const before = await run.store.readSummaryIfSound();
    const training = {
      ...engine,
      ...run,
      // Only once it was evaluated.
      completes: false,
      stopAt,
      minutes: minutes ?? undefined,
      activations,
      workers,
      ranks,
      signal: interruption.signal,
      events: {
        onPreparing(part) {
          if (parameters > LARGE) {
            bar.note(preparations[part]);
          }
        },
        onPrepared({ activations, bytes, workers }) {
          const place = placeOf(engine, workers, ranks.size);
          const moved = state && movedText(before, place);
          if (moved !== undefined) {
            bar.note(moved);
          }
          const treatment = activations === 'keep' ? 'kept' : 'recomputed';
          bar.note(
            `activations are ${treatment}: a step needs about ${formatBytes(bytes)} in total${sharingText(place)}`,
          );
        },
        onStepsChosen(chosen) {
          bar.expect(chosen.steps);
          const { count } = dataset.train;
          const chosenSchedule = scheduleOf(withSteps(config, chosen.steps, count), count);
          for (const text of chosenTexts(chosen, schedule, chosenSchedule)) {
            bar.note(text);
          }
          for (const warning of scheduleWarnings(chosenSchedule, stopAt)) {
            bar.note(`warning: ${warning}`);
          }
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
        onTrouble: (_: number, text: string) => bar.note(text),
        onValidation(step, bitsPerDim) {
          board?.onValidation(step, bitsPerDim);
          bar.note(`step ${step}: ${unit.text(bitsPerDim, 3)} on validation images (average weights)`);
        },
        async onMilestone(step) {
          await drawOrNote(`samples of step ${step} in TensorBoard`, () => board?.onSamples(step), note);
        },
      } satisfies TrainingEvents,
    };
    const result = await trainWithPictures(
      training,
      (what, draw) => drawOrNote(what, draw, note),
      (step, { file }) => note(`step ${step}: samples in ${file}`),
    );
    if (minutes !== null && result.complete) {
      const seconds = (performance.now() - begin) / 1000;
      note(`training took ${formatDuration(seconds)} of ${formatDuration(60 * minutes)}`);
    }
    // Perhaps only another rank was told to end.
    return { result, exitCode: result.interrupted ? interruption.exitCode() || TERMINATED : 0 };
  } catch (error) {
    // A run that another process has taken over is no longer this one's to remove.
    const isOwn = !(error instanceof UserError && error.code === 'locked');
    throw resume === undefined && isOwn ? cleanedUpAfter(error, () => discardUnstartedRun(paths)) : error;
  } finally {
    bar.finish();
    interruption.release();
  }
}

/** Where the ranks run, and how to stop them. */
function ranksText({ size, hosts }: Ranks, batchSize: number): string {
  const places = [...new Set(hosts)];
  const where = places.length === 1 ? places[0] : `${places.length} machines (${places.join(', ')})`;
  const tool = process.env.OMPI_TOOL_NAME;
  const stop =
    tool === 'mpirun' || tool === 'mpiexec'
      ? `; ${tool} kills all ranks on Ctrl-C: to stop after a step, with a checkpoint, use kill -USR2 ${process.ppid}`
      : '';
  return `${size} ranks on ${where}, each with ${formatCounted(batchSize / size, 'image')} of a batch${stop}`;
}

/** How the threads share the work; nothing with one thread, or on a device that schedules its own work. */
function sharingText({ device, threads, workers }: Place): string {
  if (!isHost(device) || threads === 1) {
    return '';
  }
  return workers > 1
    ? `, with ${workers} data-parallel workers, each with its own weights and gradients`
    : `; ${threads} threads share each operation`;
}

/** Says how many steps fit into a time budget, and whether the warm-up becomes shorter. */
function chosenTexts(
  { steps, seconds, secondsPerStep }: ChosenSteps,
  { warmupSteps }: Schedule,
  chosen: Schedule,
): string[] {
  return [
    `${formatCounted(steps, 'step')} chosen: about ${formatDuration(seconds)} at ${formatDuration(secondsPerStep)} a step, milestones included`,
    ...(chosen.warmupSteps < warmupSteps
      ? [
          `the warm-up of ${formatCounted(warmupSteps, 'step')} is shortened to ${formatCount(chosen.warmupSteps)}, a tenth of the run`,
        ]
      : []),
  ];
}

/** What is probably not meant in the lengths of a run. */
function scheduleWarnings({ totalSteps, warmupSteps }: Schedule, stopAt = totalSteps): string[] {
  return [
    ...(stopAt > totalSteps
      ? [
          `--stop-at ${stopAt} is beyond the last step: the run ends after step ${totalSteps}; --steps ${stopAt} trains longer`,
        ]
      : []),
    ...(warmupSteps > totalSteps
      ? [
          `the warm-up of ${formatCounted(warmupSteps, 'step')} is longer than the run of ${formatCounted(totalSteps, 'step')}, so ` +
            'the learning rate stays below training.learningRate; set training.warmupSteps',
        ]
      : []),
  ];
}
