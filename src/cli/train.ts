// `emerging train`: trains a model into a run folder, then measures and samples it.
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Dataset } from '../data/dataset.ts';
import { openDataset } from '../data/registry.ts';
import type { CompileOptions } from '../engine/program.ts';
import { UserError } from '../errors.ts';
import { contactSheet } from '../evaluation/contactSheet.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { trainedModel } from '../evaluation/loadRun.ts';
import { sample } from '../evaluation/sample.ts';
import { type Config, stringifyConfig } from '../experiments/config.ts';
import { checkImageShape } from '../experiments/imageShape.ts';
import { findPreset } from '../experiments/presets.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import { scheduleOf } from '../experiments/schedule.ts';
import { countParameters, Glow } from '../models/glow.ts';
import { readCheckpoint, stateFrom } from '../training/checkpoint.ts';
import { removePartialFiles, writeFileAtomically } from '../training/files.ts';
import { rewindJsonLines } from '../training/jsonLines.ts';
import { ParameterLayout } from '../training/parameterLayout.ts';
import {
  createRunFolder,
  nextFreeRunFolder,
  openRunFolder,
  type RunPaths,
  requireCheckpoint,
} from '../training/runFolder.ts';
import { appendEvaluation, writeSummary } from '../training/runSummary.ts';
import { type TrainingResult, train } from '../training/train.ts';
import type { TrainingState } from '../training/trainer.ts';
import { evaluationLine, evaluationRecord } from './evaluate.ts';
import { formatCount, formatRate } from './format.ts';
import { addEngineOptions, collect, compileOptions, type EngineOptions, wholeNumber } from './options.ts';
import { createProgress } from './progress.ts';

/** The preset that is trained where neither a preset nor a file is named. */
const DEFAULT_PRESET = 'mnist-quickstart';

/** Dequantisation draws of the measurement on test images that ends a training. */
const TEST_DRAWS = 2;

/** The samples that end a training. */
const SAMPLES = { count: 64, temperature: 0.8, seed: 0 };

interface TrainCommandOptions extends EngineOptions {
  preset?: string;
  config?: string;
  set?: string[];
  data?: string;
  steps?: number;
  epochs?: number;
  stopAt?: number;
  out?: string;
  resume?: string;
  seed?: number;
  json?: true;
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
      '\nExample:\n  emerging train --preset mnist-quickstart --set model.mixing=1x1 --steps 500 --out runs/glow',
    )
    .action((options: TrainCommandOptions) => runTrain(options));
}

/** A run that is about to train: a new one, or one that goes on. */
interface PreparedRun {
  config: Config;
  dataset: Dataset;
  paths: RunPaths;
  state?: TrainingState;
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const { config, dataset, paths, state } = options.resume
    ? await reopenRun(options.resume, options)
    : await newRun(options);
  const engine = compileOptions(options);
  const schedule = scheduleOf(config, dataset.train.count);
  const parameters = countParameters(config.model, dataset.imageShape);
  const stop = interruption();
  const bar = createProgress({ label: 'step', total: schedule.totalSteps, start: state?.step ?? 0 });
  bar.note(
    `${config.model.mixing} flow with ${formatCount(parameters)} parameters, ` +
      `${formatCount(dataset.train.count)} images of ${dataset.name}, ${formatCount(schedule.totalSteps)} steps, ` +
      `into ${paths.directory}`,
  );
  const begin = performance.now();
  let result: TrainingResult;
  try {
    let recent: number | undefined;
    result = await train({
      ...engine,
      config,
      dataset,
      paths,
      state,
      stopAt: options.stopAt,
      signal: stop.signal,
      events: {
        onStep(step, bitsPerDim, imagesPerSecond) {
          recent = recent === undefined ? bitsPerDim : 0.95 * recent + 0.05 * bitsPerDim;
          bar.update(step, { bitsPerDim: recent, imagesPerSecond });
        },
        onValidation: (step, bitsPerDim) =>
          bar.note(`step ${step}: ${bitsPerDim.toFixed(3)} bits/dim on validation images (average weights)`),
      },
    });
  } finally {
    bar.finish();
    stop.release();
  }
  const trained = trainedModel(result.model, result.state, 'average');
  const samples = await drawSamples(trained, result, paths, engine);
  const summary: Record<string, unknown> = {
    run: paths.directory,
    preset: options.preset ?? (options.config || options.resume ? null : DEFAULT_PRESET),
    steps: result.state.step,
    parameters,
    bitsPerDim: result.validationBitsPerDim,
    imagesPerSecond: result.imagesPerSecond,
    seconds: (performance.now() - begin) / 1000,
    checkpoint: result.checkpoint,
    samples,
  };
  writeSummary(paths, summary);
  const test = result.complete ? await measureTest(trained, dataset, paths, engine) : undefined;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...summary, ...(test && { test: test.record }) })}\n`);
    return;
  }
  const lines = [
    test?.line,
    `${formatRate(result.imagesPerSecond)} images/s over ${formatCount(result.state.step)} steps`,
    `checkpoint ${result.checkpoint}`,
    `samples    ${samples}`,
    result.complete ? undefined : `to go on: emerging train --resume ${paths.directory}`,
  ];
  process.stdout.write(`${lines.filter((line) => line !== undefined).join('\n')}\n`);
}

async function newRun(options: TrainCommandOptions): Promise<PreparedRun> {
  const { preset, config: file, set, data, steps, epochs, seed } = options;
  const name = preset ?? (file ? undefined : DEFAULT_PRESET);
  const config = resolveConfig({
    ...(name !== undefined && { preset: name }),
    ...(file !== undefined && { file }),
    ...(set && { set }),
    overrides: { seed, data: { name: data }, training: { steps, epochs } },
  });
  const dataset = await openDataset(config.data.name, { validation: config.data.validation });
  checkImageShape(config.model.levels, dataset.imageShape);
  const folder = (name && (findPreset(name).folder ?? name)) ?? 'run';
  const out = options.out ?? nextFreeRunFolder(join('runs', folder));
  return { config, dataset, paths: createRunFolder(out, stringifyConfig(config)) };
}

/** Opens a run to go on with: logs end where its last checkpoint is. */
async function reopenRun(directory: string, options: TrainCommandOptions): Promise<PreparedRun> {
  for (const other of ['preset', 'config', 'out', 'set', 'data', 'seed'] as const) {
    if (options[other] !== undefined) {
      throw new UserError(`--resume goes on with the run's own configuration: leave out --${other}`, {
        exitCode: 2,
      });
    }
  }
  const run = openRunFolder(directory);
  const checkpoint = readCheckpoint(requireCheckpoint(run).path);
  const { steps, epochs } = options;
  const config = resolveConfig({ file: run.paths.config, overrides: { training: { steps, epochs } } });
  const dataset = await openDataset(config.data.name, { validation: config.data.validation });
  checkImageShape(config.model.levels, dataset.imageShape);
  const text = stringifyConfig(config);
  if (text !== run.configText) {
    writeFileAtomically(run.paths.config, text);
  }
  removePartialFiles(run.paths.checkpoints);
  for (const log of [run.paths.metrics, run.paths.timings]) {
    rewindJsonLines(log, ({ step }) => Number(step) <= checkpoint.step);
  }
  const model = new Glow(config.model, dataset.imageShape);
  const state = stateFrom(checkpoint, new ParameterLayout(model.parameters));
  return { config, dataset, paths: run.paths, state };
}

async function drawSamples(
  trained: ReturnType<typeof trainedModel>,
  { state }: TrainingResult,
  paths: RunPaths,
  engine: CompileOptions,
): Promise<string> {
  const images = await sample(trained, { ...SAMPLES, ...engine });
  const file = join(paths.samples, `step-${String(state.step).padStart(8, '0')}.png`);
  writeFileAtomically(file, contactSheet(images, { imageShape: trained.model.imageShape }));
  return file;
}

async function measureTest(
  trained: ReturnType<typeof trainedModel>,
  dataset: Dataset,
  paths: RunPaths,
  engine: CompileOptions,
): Promise<{ line: string; record: Record<string, unknown> }> {
  const total = TEST_DRAWS * dataset.test.count;
  const bar = createProgress({ label: 'testing', total, unit: 'images' });
  try {
    const measured = await evaluate(trained, dataset.test, {
      draws: TEST_DRAWS,
      seed: 0,
      onProgress: (images) => bar.update(images),
      ...engine,
    });
    const record = evaluationRecord(measured, {
      split: 'test',
      weights: 'average',
      bits: trained.model.options.bits,
    });
    appendEvaluation(paths, record);
    return { line: evaluationLine(record), record };
  } finally {
    bar.finish();
  }
}

/** The first Ctrl-C aborts the signal; the second ends the process as it would without us. */
function interruption(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    process.stderr.write('\nstopping after this step; press Ctrl-C again to stop at once\n');
    controller.abort();
  };
  process.once('SIGINT', onInterrupt);
  return { signal: controller.signal, release: () => process.removeListener('SIGINT', onInterrupt) };
}
