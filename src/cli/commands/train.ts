// `emerging train`: trains a model into a run folder, then measures and samples it.
import type { Command } from 'commander';
import { releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { FlowModel } from '../../evaluation/model/flowModel.ts';
import { trainedModel } from '../../evaluation/model/trainedModel.ts';
import { writeRunCard } from '../../evaluation/runs/runCard.ts';
import { drawLearningCurve, drawSamples } from '../../evaluation/runs/runPictures.ts';
import type { JsonObject } from '../../storage/jsonLines.ts';
import { lastStepOf } from '../../training/run/milestones.ts';
import { appendEvaluation, readSummary, writeSummary } from '../../training/run/runSummary.ts';
import { visibleText } from '../../visibleText.ts';
import { evaluationLines } from '../evaluationRecord.ts';
import {
  addEngineOptions,
  addStepOptions,
  collect,
  compileOptions,
  type EngineOptions,
  type StepOptions,
  wholeNumber,
} from '../options.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import { formatCount, formatCounted, formatRate } from '../terminal/format.ts';
import { writeStderr, writeStdout } from '../terminal/output.ts';
import { DEFAULT_PRESET, type PreparedRun, prepareRun, type RunOptions } from '../training/preparedRun.ts';
import { hasEvents, tensorBoard } from '../training/tensorboard.ts';
import { testAfterTraining } from '../training/testAfterTraining.ts';
import { pictureTitle } from '../training/trainPictures.ts';
import { aboutRun, placeOf, reachedBefore } from '../training/trainSummary.ts';
import { trainWithProgress } from '../training/trainWithProgress.ts';
import { overflowNote } from './sample.ts';

interface TrainCommandOptions extends EngineOptions, StepOptions, RunOptions {
  readonly stopAt?: number;
  readonly test: boolean;
  readonly tensorboard?: true;
  readonly json?: true;
}

/** Adds the command `train` to the program. */
export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a model into a run folder, measure it on the test images and sample it')
    .option('--preset <name>', `an experiment that has a name (default: ${DEFAULT_PRESET})`)
    .option('--config <file>', 'a configuration in YAML; with --preset, what differs from it')
    .option(
      '--set <key=value>',
      'set one key of the configuration, see emerging config; may be repeated',
      collect,
    )
    .option('--data <name|path>', 'the dataset')
    .option('--steps <n>', 'updates in all', wholeNumber(1))
    .option('--epochs <n>', 'passes over the training images in all', wholeNumber(1))
    .option('--stop-at <n>', 'end after this step, leaving the schedule alone', wholeNumber(1))
    .option(
      '--out <dir>',
      'the run folder (default: runs/NAME of preset or dataset, numbered if it is taken)',
    )
    .option('--resume <dir>', 'go on with a run from its last checkpoint')
    .option('--seed <n>', 'the seed of everything random', wholeNumber(0))
    .option(
      '--no-test',
      'leave out the measurement on the test images at the end; a resume does not remember it',
    )
    .option(
      '--tensorboard',
      'also write events that TensorBoard shows, into the run folder; a resume goes on with them',
    )
    .option('--json', 'print the result as JSON on stdout');
  addStepOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  emerging train --preset mnist-quickstart --set model.mixing=1x1 --steps 500 --out runs/glow\n' +
        '  emerging train --config runs/glow/config.yaml --out runs/again\n' +
        'The second repeats the first, to the byte on the same machine with the same threads and workers. Where a resume\n' +
        'has changed settings of the first on its way, it trains with the last of them from the start instead.\n' +
        '\nemerging config lists every key with its meaning, default and range; emerging presets the presets.\n' +
        '\nCtrl-C ends the training after the step that is running, with a checkpoint and exit code 130;\n' +
        'emerging train --resume goes on from there. A second Ctrl-C ends it at once. After the last step, while the\n' +
        'test images are measured, Ctrl-C skips that measurement: the run is saved, and emerging evaluate measures it.\n' +
        'With --resume, --set can change how the run is trained: --set training.learningRate=0.0005',
    )
    .action((options: TrainCommandOptions) => runTrain(options));
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const engine = await compileOptions(options);
  const run = await prepareRun(options, engine);
  const { directory } = run.paths;
  requireLengthAhead(run, options);
  if (isDone(run, options)) {
    const { step } = run.state!;
    const reached = reachedBefore(run);
    print(reached, options, [
      `${directory} is at step ${formatCount(step)} already: nothing is left to do`,
      isTested(reached, step)
        ? undefined
        : `to measure it on the test images: emerging evaluate ${directory}`,
      `to train longer: emerging train --resume ${directory} --steps ${2 * step}`,
    ]);
    return;
  }
  const board = options.tensorboard || hasEvents(run) ? tensorBoard(run) : undefined;
  const { result, exitCode } = await trainWithProgress(run, options, engine, board);
  const { state, interrupted } = result;
  const finished = result.complete && !interrupted;
  const summary = {
    ...aboutRun(run, state.step),
    complete: finished,
    bitsPerDim: result.validationBitsPerDim,
    imagesPerSecond: result.imagesPerSecond,
    seconds: result.seconds,
    checkpoint: result.checkpoint,
    ...placeOf(engine, result.workers),
    samples: null,
  };
  // At once, and complete only with its test, if there is to be one and nobody stops it: whatever becomes of test and
  // samples, what was trained is on record.
  writeSummary(run.paths, { ...summary, complete: false });
  const { test, untested, samples } = await releaseAfter(async (keep) => {
    const model = keep(new FlowModel(trainedModel(result.model, state, 'average'), engine));
    const { test, exitCode: untested } =
      finished && options.test ? await testAfterTraining(model, run) : { test: undefined, exitCode: 0 };
    if (test) {
      appendEvaluation(run.paths, { step: state.step, ...test });
    }
    writeSummary(run.paths, summary);
    const samples =
      interrupted || untested ? null : await drawOrNote('samples', () => lastSamples(model, state.step, run));
    await drawOrNote('samples in TensorBoard', () => board?.onSamples(state.step));
    return { test, untested, samples };
  });
  writeSummary(run.paths, { ...summary, samples });
  const curve = await drawOrNote('learning curve', () => drawLearningCurve(run.paths, pictureTitle(run)));
  writeRunCard(run.paths, { model: result.model, config: run.config, step: state.step });
  print(readSummary(run.paths), options, [
    ...(test ? evaluationLines(test) : []),
    `${formatRate(result.imagesPerSecond)} images/s, ${formatCounted(state.step, 'step')} done`,
    `checkpoint ${result.checkpoint}`,
    samples === null ? undefined : `samples    ${samples}`,
    curve === null ? undefined : `curve      ${curve}`,
    finished ? undefined : `to go on: emerging train --resume ${directory}`,
    untested
      ? `the training is finished and saved, but not measured; to measure it: emerging evaluate ${directory}`
      : undefined,
  ]);
  process.exitCode = exitCode || untested;
}

/**
 * Refuses a length in `--set` that the run has passed: it would change nothing. In `--steps` and `--epochs` it is a
 * goal, which such a run has reached.
 */
function requireLengthAhead(
  { config, schedule, state, paths }: PreparedRun,
  { set, steps, epochs }: TrainCommandOptions,
): void {
  const { totalSteps } = schedule;
  if (
    set === undefined ||
    steps !== undefined ||
    epochs !== undefined ||
    !state ||
    totalSteps >= state.step
  ) {
    return;
  }
  const length =
    config.training.steps === undefined
      ? `training.epochs=${config.training.epochs} (step ${totalSteps})`
      : `training.steps=${totalSteps}`;
  throw new UserError(
    'invalid-argument',
    `${length} is below step ${state.step}, which the run has reached: take more to train longer, or start a new run ` +
      `with emerging train --config ${paths.config} --set training.steps=${totalSteps}`,
  );
}

/** Whether nothing is left to do: the run is where it should go already, measured and all. */
function isDone(
  { schedule, state, paths }: PreparedRun,
  { stopAt, steps, epochs }: TrainCommandOptions,
): boolean {
  if (state === undefined || state.step < lastStepOf(schedule, stopAt)) {
    return false;
  }
  // A total that the run has reached before: another one than it was trained for, which changes nothing.
  if ((steps !== undefined || epochs !== undefined) && state.step >= schedule.totalSteps) {
    return true;
  }
  const summary = readSummary(paths);
  return summary.steps === state.step && (summary.complete === true || state.step < schedule.totalSteps);
}

/** Whether a summary has a measurement of the test images after this step. */
function isTested({ evaluations }: JsonObject, step: number): boolean {
  const list: JsonObject[] = Array.isArray(evaluations) ? evaluations : [];
  return list.some((evaluation) => evaluation.split === 'test' && evaluation.step === step);
}

async function lastSamples(model: FlowModel, step: number, { paths }: PreparedRun): Promise<string> {
  const { file, count, overflowed } = await drawSamples(model, step, paths);
  writeStderr(overflowNote(overflowed, count));
  return file;
}

/** Prints a summary as JSON, or lines for people. */
function print(
  summary: JsonObject,
  { json }: TrainCommandOptions,
  lines: readonly (string | undefined)[],
): void {
  const text = json
    ? JSON.stringify(summary)
    : lines
        .filter((line) => line !== undefined)
        .map(visibleText)
        .join('\n');
  writeStdout(`${text}\n`);
}
