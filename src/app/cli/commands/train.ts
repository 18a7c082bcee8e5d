// `emerging train`: trains a model in a run folder, then evaluates it and draws samples.
import type { Command } from 'commander';
import { cleanedUpAfter, UserError, visibleText } from '../../../core/errors.ts';
import { fromLeader, type Ranks } from '../../../core/ranks/index.ts';
import type { Dataset } from '../../../data/contract/index.ts';
import { exists, pathIn } from '../../../data/files/index.node.ts';
import type { JsonObject } from '../../../data/files/index.ts';
import { identityOfDataset } from '../../../data/index.ts';
import { resultUnit } from '../../../flows/models/index.ts';
import { evaluationRecord } from '../../../model/measure/index.ts';
import { SCORES_FILE } from '../../../model/referenceScores.ts';
import { sumTimes } from '../../../runs/contents/stored.ts';
import { tidyRun } from '../../../runs/folder/folderStore.ts';
import { discardUnstartedRun } from '../../../runs/folder/index.ts';
import type { Config } from '../../../runs/settings/index.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { aboutRun, budgetInMinutes, lastStepOfCall, train } from '../../../training/loop/index.ts';
import { followerStore } from '../../../training/ranks.ts';
import { isTested } from '../../../training/reports/trainRun.ts';
import { evaluationLines, failUnlessFinite } from '../parts/evaluationLines.ts';
import { modelFolder, overflowNote } from '../parts/modelOptions.ts';
import {
  addEngineOptions,
  collect,
  type EngineOptions,
  parseMinutes,
  wholeNumber,
} from '../parts/options.ts';
import { onRanks, rankCompileOptions, requireSameInputs } from '../ranks/onRanks.ts';
import { formatCount, formatCounted, formatRate } from '../terminal/format.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { writeStderr, writeStdout } from '../terminal/output.ts';
import { shellWord } from '../terminal/wording.ts';
import {
  DEFAULT_PRESET,
  openRunImages,
  type PreparedRun,
  prepareRun,
  type RunImages,
  type RunOptions,
} from '../training/preparedRun.ts';
import { addStepOptions, type StepOptions } from '../training/stepOptions.ts';
import { type TrainingRunOptions, trainWithProgress } from '../training/trainWithProgress.ts';

interface TrainCommandOptions extends EngineOptions, RunOptions, TrainingRunOptions {
  readonly minutes?: number;
  readonly json?: true;
}

/** Adds the arguments and options of `train`, and what it does. */
export function registerTrain(command: Command): void {
  command
    .option('--preset <name>', `a predefined experiment (default: ${DEFAULT_PRESET})`)
    .option('--config <file>', 'a YAML configuration; with --preset, the keys that differ from it')
    .option('--set <key=value>', 'set a configuration key (see emerging config); may be repeated', collect)
    .option('--data <name|path>', 'the dataset')
    .option('--steps <n>', 'total number of training steps', wholeNumber(1))
    .option('--epochs <n>', 'total number of passes over the training images', wholeNumber(1))
    .option(
      '--minutes <n>',
      'train as many steps as fit in n minutes on this machine; the evaluation on test images follows',
      parseMinutes,
    )
    .option('--stop-at <n>', 'stop after this step, without changing the schedule', wholeNumber(1))
    .option(
      '--out <dir>',
      'the run folder (default: runs/NAME after the preset or dataset, numbered if it exists)',
    )
    .option(
      '--from <dir>',
      'start a new run from the weights and settings of a run, or from an exported or bundled model, which has settings of the model only',
      modelFolder,
    )
    .option('--resume <dir>', 'resume a run from its last checkpoint')
    .option('--other-images', 'with --resume: continue with other images than before')
    .option('--seed <n>', 'random seed', wholeNumber(0))
    .option(
      '--no-test',
      'skip the final evaluation on test images and the statistics for emerging score; not remembered on resume',
    )
    .option('--tensorboard', 'also write TensorBoard events to the run folder; continued on resume')
    .option('--json', 'print the result as JSON on stdout');
  addStepOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  emerging train --preset mnist-quickstart --set model.mixing=1x1 --steps 500 --out runs/quick-1x1\n' +
        '  emerging train --config runs/quick-1x1/config.yaml --out runs/again\n' +
        'On the same machine with the same threads and workers, the second run repeats the first byte for byte. If a\n' +
        'resume changed settings of the first run, the second uses the final settings from the start. A run that started\n' +
        'from another model needs --from again.\n' +
        '\nemerging config lists every key with its meaning, default and range; emerging presets lists the presets.\n' +
        '\nCtrl-C stops training after the current step, with a checkpoint and exit code 130; emerging train --resume\n' +
        'continues from there. A second Ctrl-C stops at once. During the final evaluation, Ctrl-C skips the rest: the\n' +
        'run is saved, and emerging evaluate can evaluate it later.\n' +
        'With --resume, --set can change training settings: --set training.learningRate=0.0005\n' +
        '\nmpirun -n 4 emerging train trains one run with four processes, on one or several machines: docs/machines.md',
    )
    .action((options: TrainCommandOptions) => onRanks((ranks) => runTrain(options, ranks)));
}

async function runTrain(options: TrainCommandOptions, ranks: Ranks): Promise<void> {
  requireOneLength(options);
  const engine = await rankCompileOptions(ranks, options);
  let opened: PreparedRun | undefined;
  let minutes: number | null = null;
  const assignment = await fromLeader<Assignment | null>(ranks, async () => {
    opened = await prepareRun(options, engine, ranks);
    const { config, paths } = opened;
    requireLengthAhead(opened, options);
    minutes = await budgetInMinutes({ ...opened, minutes: options.minutes });
    return (await isDone(opened, options)) ? null : { config, name: paths.directory, images: opened.images };
  });
  if (opened !== undefined) {
    await runOpened(opened, options, minutes, engine, ranks);
  } else if (assignment !== null) {
    await followRun(ranks, assignment, options, engine);
  }
}

/** Trains the run that this process has opened, alone or as rank 0. */
async function runOpened(
  run: PreparedRun,
  options: TrainCommandOptions,
  minutes: number | null,
  engine: CompileOptions,
  ranks: Ranks,
): Promise<void> {
  const { directory } = run.paths;
  if (await isDone(run, options)) {
    tidyRun(run.paths);
    const { step } = run.state!;
    const reached = await reachedBefore(run);
    print(reached, options, [
      `${directory} is already at step ${formatCount(step)}: nothing left to do`,
      isTested(reached, step)
        ? undefined
        : `to evaluate it on the test images: emerging evaluate ${shellWord(directory)}`,
      step < run.schedule.totalSteps
        ? `${formatCount(run.schedule.totalSteps - step)} of ${formatCount(run.schedule.totalSteps)} steps are left: emerging train --resume ${shellWord(directory)}`
        : `to train longer: emerging train --resume ${shellWord(directory)} --steps ${2 * step}`,
    ]);
    return;
  }
  let trained: Awaited<ReturnType<typeof trainWithProgress>>;
  try {
    await requireSameInputs(ranks, async () => identified(run.dataset));
    trained = await trainWithProgress(run, options, minutes, engine, ranks);
  } catch (error) {
    // Another process may have taken over the run: then this one must not remove it.
    const isOwn = !(error instanceof UserError && error.code === 'locked');
    throw options.resume === undefined && isOwn
      ? cleanedUpAfter(error, () => discardUnstartedRun(run.paths))
      : error;
  }
  const { result, exitCode } = trained;
  const { state, samples, curve, model, complete, interrupted } = result;
  writeStderr(samples === null ? '' : overflowNote(model.values, samples));
  const test =
    result.test && evaluationRecord(result.test, { split: 'test', weights: 'average', model: model.options });
  const finished = complete && !interrupted;
  const scores = pathIn(directory, SCORES_FILE);
  print(await run.store.readSummary(), options, [
    ...(test ? evaluationLines(test) : []),
    test?.available === undefined
      ? undefined
      : `to evaluate all ${formatCount(test.available)}: npx emerging evaluate ${shellWord(directory)}`,
    `${formatRate(result.imagesPerSecond)} images/s, ${formatCounted(state.step, 'step')} done`,
    `checkpoint ${result.checkpoint}`,
    samples === null ? undefined : `samples    ${samples.file}`,
    curve === null ? undefined : `curve      ${curve}`,
    exists(run.paths.card) ? `card       ${run.paths.card}` : undefined,
    finished && exists(scores) ? `statistics ${scores}, for emerging score` : undefined,
    finished ? undefined : `to continue: emerging train --resume ${shellWord(directory)}`,
    finished && options.test && !test
      ? `training is complete and saved, but not evaluated; to evaluate it: emerging evaluate ${shellWord(directory)}`
      : undefined,
  ]);
  if (test) {
    failUnlessFinite(test, directory);
  }
  process.exitCode = exitCode || process.exitCode;
}

/** The summary of a run that is left unchanged; values that a crash prevented from being recorded are null. */
async function reachedBefore(run: PreparedRun): Promise<JsonObject> {
  const { step } = run.state!;
  const summary = await run.store.readSummary();
  return summary.steps === step
    ? summary
    : {
        ...summary,
        ...(await aboutRun(run, step)),
        complete: false,
        [resultUnit(run.config.model).key('bitsPerDim')]: null,
        ...sumTimes(await run.store.readTimings()),
        checkpoint: run.store.checkpointPath(step),
        samples: null,
      };
}

/**
 * Refuses a length in `--set` that the run has passed, since it would have no effect. With `--steps` and `--epochs` it is
 * a target, which such a run has reached.
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
    `${length} is below step ${state.step}, which the run has reached: choose a higher value to train longer, or start a new run ` +
      `with emerging train --config ${shellWord(paths.config)} --set training.steps=${totalSteps}`,
  );
}

/** Refuses two lengths for one run: one would have no effect. */
function requireOneLength({ minutes, steps, epochs, set = [] }: TrainCommandOptions): void {
  const options = Object.entries({ minutes, steps, epochs }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  const settings = set.flatMap((setting) => /^training\.(?:steps|epochs)(?==)/.exec(setting) ?? []);
  const [first, second] = [...options, ...settings.map((key) => `--set ${key}`)];
  if (options.length > 0 && second !== undefined) {
    throw new UserError(
      'invalid-argument',
      `${first} and ${second} both choose the length of the run: keep one of them`,
    );
  }
}

/** Whether nothing is left to do: the run has reached its last step and was evaluated. */
async function isDone(
  { schedule, state, store }: PreparedRun,
  { stopAt, steps, epochs }: TrainCommandOptions,
): Promise<boolean> {
  if (state === undefined || state.step < lastStepOfCall(schedule, stopAt)) {
    return false;
  }
  // A different total, which the run has already reached, changes nothing.
  if ((steps !== undefined || epochs !== undefined) && state.step >= schedule.totalSteps) {
    return true;
  }
  const summary = await store.readSummaryIfSound();
  return summary.steps === state.step && (summary.complete === true || state.step < schedule.totalSteps);
}

/** Prints a summary as JSON, or the lines of text. */
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

/** A dataset, and what must be the same on all ranks. */
function identified(dataset: Dataset) {
  return {
    dataset,
    checksums: async () => ({ images: JSON.stringify(await identityOfDataset(dataset)) }),
  };
}

/** What rank 0 tells the others of the run. */
interface Assignment {
  readonly config: Config;
  /** The run's name in messages. */
  readonly name: string;
  readonly images: RunImages;
}

/** Trains the run of rank 0 on another rank: silently, and without writing anything. */
async function followRun(
  ranks: Ranks,
  { config, name, images }: Assignment,
  { stopAt, activations, workers }: StepOptions & { readonly stopAt?: number },
  engine: CompileOptions,
): Promise<void> {
  const { dataset } = await requireSameInputs(ranks, async () =>
    identified(await openRunImages(config, images)),
  );
  const interruption = listenForInterruption(() => {}, { ranks: true });
  try {
    const store = followerStore(name, config);
    const { signal } = interruption;
    await train({ ...engine, config, dataset, store, stopAt, activations, workers, signal, ranks });
  } finally {
    interruption.release();
  }
}
