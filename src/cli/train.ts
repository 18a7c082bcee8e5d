// `emerging train`: trains a model into a run folder, then measures and samples it.
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CompileOptions } from '../engine/program.ts';
import { contactSheet } from '../evaluation/contactSheet.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { type TrainedModel, trainedModel } from '../evaluation/loadRun.ts';
import { sample } from '../evaluation/sample.ts';
import { countParameters } from '../models/glow.ts';
import { discardUnstartedRun } from '../training/discardRun.ts';
import { writeFileAtomically } from '../training/files.ts';
import { appendEvaluation, readSummary, writeSummary } from '../training/runSummary.ts';
import { lastStepOf, type TrainingResult, train } from '../training/train.ts';
import { type EvaluationRecord, evaluationLine, evaluationRecord } from './evaluate.ts';
import { formatCount, formatRate } from './format.ts';
import { listenForInterruption } from './interruption.ts';
import { addEngineOptions, collect, compileOptions, type EngineOptions, wholeNumber } from './options.ts';
import { DEFAULT_PRESET, type PreparedRun, prepareRun, type RunOptions, rewindRun } from './preparedRun.ts';
import { createProgress } from './progress.ts';

/** Dequantisation draws of the measurement on test images that ends a training. */
const TEST_DRAWS = 2;

/** The samples that end a training. */
const SAMPLES = { count: 64, temperature: 0.8, seed: 0 };

interface TrainCommandOptions extends EngineOptions, RunOptions {
  readonly stopAt?: number;
  readonly json?: true;
}

/** Adds the command `train` to the program. */
export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a model into a run folder, measure it on the test images and sample it')
    .option('--preset <name>', `an experiment that has a name (default: ${DEFAULT_PRESET})`)
    .option('--config <file>', 'a configuration in YAML')
    .option('--set <key=value>', 'set one key of the configuration; may be repeated', collect)
    .option('--data <name|path>', 'the dataset')
    .option('--steps <n>', 'updates in all', wholeNumber(1))
    .option('--epochs <n>', 'passes over the training images in all', wholeNumber(1))
    .option('--stop-at <n>', 'end after this step, leaving the schedule alone', wholeNumber(1))
    .option('--out <dir>', 'the run folder (default: runs/NAME, numbered if it is taken)')
    .option('--resume <dir>', 'go on with a run from its last checkpoint')
    .option('--seed <n>', 'the seed of everything random', wholeNumber(0))
    .option('--json', 'print the result as JSON on stdout');
  addEngineOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  emerging train --preset mnist-quickstart --set model.mixing=1x1 --steps 500 --out runs/glow\n' +
        '\nCtrl-C ends the training after the step that is running, with a checkpoint and exit code 130;\n' +
        'emerging train --resume goes on from there. A second Ctrl-C ends it at once.',
    )
    .action((options: TrainCommandOptions) => runTrain(options));
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const engine = await compileOptions(options);
  const run = await prepareRun(options);
  if (isDone(run, options.stopAt)) {
    const { step } = run.state!;
    const total = formatCount(run.schedule.totalSteps);
    process.stderr.write(`${run.paths.directory} is at step ${formatCount(step)} of ${total} already\n`);
    print(readSummary(run.paths), options, []);
    return;
  }
  if (options.resume !== undefined) {
    rewindRun(run);
  }
  const begin = performance.now();
  const { result, exitCode } = await trainWithProgress(run, options, engine);
  const trained = trainedModel(result.model, result.state, 'average');
  const samples = result.interrupted ? null : await drawSamples(trained, result, run, engine);
  const summary: Record<string, unknown> = {
    run: run.paths.directory,
    preset: run.preset,
    steps: result.state.step,
    parameters: countParameters(run.config.model, run.dataset.imageShape),
    bitsPerDim: result.validationBitsPerDim,
    imagesPerSecond: result.imagesPerSecond,
    seconds: (performance.now() - begin) / 1000,
    checkpoint: result.checkpoint,
    samples,
  };
  writeSummary(run.paths, summary);
  const finished = result.complete && !result.interrupted;
  let test: EvaluationRecord | undefined;
  if (finished) {
    test = await measureTest(trained, run, engine);
    appendEvaluation(run.paths, { step: result.state.step, seed: TEST_SEED, ...test });
  }
  print(readSummary(run.paths), options, [
    test && evaluationLine(test),
    `${formatRate(result.imagesPerSecond)} images/s, ${formatCount(result.state.step)} steps done`,
    `checkpoint ${result.checkpoint}`,
    samples === null ? undefined : `samples    ${samples}`,
    finished ? undefined : `to go on: emerging train --resume ${run.paths.directory}`,
  ]);
  process.exitCode = exitCode;
}
