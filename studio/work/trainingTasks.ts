// Tasks of the room Train: sizes, training, and stored runs.
import { loadModel } from 'emerging-flows';
import { contactSheet } from 'emerging-flows/pictures';
import {
  type Config,
  type ConfigLayer,
  type FileStore,
  privateFiles,
  resolveConfig,
  resumeRun,
  startRun,
  type TrainingSize,
  train,
  trainingSize,
} from 'emerging-flows/training';
import type { Call } from './calls.ts';
import { PAGE_PRESET } from './constants.ts';
import { lastCheckpoint } from './keptModels.ts';
import { createArchive, type KeptRun, keptRun, keptRuns, removeKept, samplesName } from './keptRuns.ts';
import { openPictures, type Pictures } from './pictures.ts';

/** Events of a training run. */
export type TrainingNews =
  | { readonly kind: 'doing'; readonly text: string }
  /** The number of unreadable images, which are skipped. */
  | { readonly kind: 'damaged'; readonly count: number }
  | { readonly kind: 'prepared'; readonly workers: number; readonly steps: number }
  /** The steps that fit into the time budget. */
  | { readonly kind: 'chosen'; readonly steps: number }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly bitsPerDim: number;
      /** Since the call started. */
      readonly seconds: number;
      readonly imagesPerSecond: number;
    }
  | { readonly kind: 'validation'; readonly step: number; readonly bitsPerDim: number }
  | { readonly kind: 'samples'; readonly step: number; readonly png: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'trouble'; readonly step: number; readonly text: string };

/** A run to start, or to resume without a configuration. */
export interface TrainingOrder {
  /** The name of the run. */
  readonly name: string;
  readonly config?: ConfigLayer;
  readonly pictures: Pictures;
  /** Its share of the machine's threads. */
  readonly threads: number;
  /** The time budget of a new run, which sets its steps; see `TrainingOptions`. */
  readonly minutes?: number;
}

/** How pictures would be divided, before a run starts. */
export interface PictureCounts {
  readonly training: number;
  readonly validation: number;
  readonly test: number;
  /** The number of unreadable pictures, which are skipped. */
  readonly damaged: number;
}

/** The same samples as in run folders of the command line. */
const samples = { count: 64, temperature: 0.8, seed: 0 } as const;

/** The checkpoint interval: a page may be closed at any moment. */
const CHECKPOINT_SECONDS = 5;

/**
 * Samples are drawn from the last checkpoint before these seconds of training; after the last of them, whenever the
 * training time has grown by a fifth.
 */
const SAMPLE_SECONDS = [10, 30, 60, 120, 180, 240, 300] as const;
const LATER = 1.2;

/** The tasks, by name. */
export const trainingTasks = {
  /** Opens pictures as a run would, and counts them. */
  async check({ pictures }: { pictures: Pictures }, { report, signal }: Call): Promise<PictureCounts> {
    const { train, validation, test, damaged } = await openPictures(pictures, (done, total) => {
      signal.throwIfAborted();
      report({ done, total, doing: 'Reading pictures' });
    });
    return {
      training: train.count,
      validation: validation.count,
      test: test.count,
      damaged: damaged.length,
    };
  },

  /** The size of a run before it starts. */
  async size({
    config,
    shape,
    threads,
  }: {
    config: ConfigLayer;
    shape: readonly [number, number, number];
    threads: number;
  }): Promise<TrainingSize> {
    return trainingSize(completeConfig(config), shape, { threads });
  },

  /** Trains until all steps are done or the call `stop` comes; returns whether all steps are done. */
  async train(order: TrainingOrder, { report, signal }: Call<TrainingNews>): Promise<{ complete: boolean }> {
    stopping = new AbortController();
    report({ kind: 'doing', text: 'Loading images' });
    const files = await privateFiles.open(order.name);
    const pictures = order.config ? order.pictures : await fitToRun(order.pictures, files);
    const dataset = await openPictures(pictures, (done, total) =>
      report({
        kind: 'doing',
        text: `Loading images${total ? ` ${Math.floor((100 * done) / total)} %` : ''}`,
      }),
    );
    report({ kind: 'damaged', count: dataset.damaged.length });
    const run = order.config
      ? await startRun(completeConfig(order.config), files, { dataset })
      : await resumeRun(files, {}, { dataset });
    const { batchSize } = run.config.training;
    let images = 0;
    let trainedSeconds = 0;
    let samplesAt: number = SAMPLE_SECONDS[0];
    let { totalSteps } = run.schedule;
    const { complete } = await train({
      ...run,
      threads: order.threads,
      minutes: order.minutes,
      checkpointSeconds: CHECKPOINT_SECONDS,
      signal: AbortSignal.any([stopping.signal, signal]),
      events: {
        onPreparing: (part) =>
          report({ kind: 'doing', text: part === 'weights' ? 'Initialising weights' : 'Compiling' }),
        onPrepared: ({ workers }) => report({ kind: 'prepared', workers, steps: totalSteps }),
        onStepsChosen({ steps }) {
          totalSteps = steps;
          report({ kind: 'chosen', steps });
        },
        onStep(step, bitsPerDim, imagesPerSecond) {
          images += batchSize;
          trainedSeconds = images / imagesPerSecond;
          report({ kind: 'step', step, bitsPerDim, imagesPerSecond, seconds: trainedSeconds });
        },
        onValidation: (step, bitsPerDim) => report({ kind: 'validation', step, bitsPerDim }),
        onCheckpoint: async (step) => {
          if (trainedSeconds > samplesAt - CHECKPOINT_SECONDS || step === totalSteps) {
            samplesAt = nextSamples(trainedSeconds);
            report({ kind: 'samples', step, png: await drawSamples(files, step) });
          }
        },
        onMeasuring: (split, done, images) =>
          report({
            kind: 'doing',
            text: `Measuring ${split} images ${Math.floor((100 * done) / images)} %`,
          }),
        onTrouble: (step, text) => report({ kind: 'trouble', step, text }),
      },
    });
    return { complete };
  },

  /** Stops this worker's run after the current step, with a checkpoint. */
  async stop(): Promise<void> {
    stopping.abort();
  },

  /** The names of the stored runs. */
  kept: (): Promise<string[]> => keptRuns(),

  /** A stored run. */
  run: ({ name }: { name: string }): Promise<KeptRun> => keptRun(name),

  /** A run folder as a zip archive. */
  archive: ({ name }: { name: string }): Promise<Uint8Array<ArrayBuffer>> => createArchive(name),

  /** Deletes a run. */
  remove: ({ name }: { name: string }): Promise<void> => removeKept(name),
};

/** The tasks that a page may call. */
export type TrainingTasks = typeof trainingTasks;

/** Completes a configuration with the values of the preset. */
function completeConfig(overrides: ConfigLayer): Config {
  return resolveConfig({ preset: PAGE_PRESET, overrides });
}

/** Pictures in the size and with the channels of the images that a run has been trained on. */
async function fitToRun(pictures: Pictures, files: FileStore): Promise<Pictures> {
  if (pictures.kind === 'digits' || lastCheckpoint(await files.list()) === undefined) {
    return pictures;
  }
  await using model = await loadModel(await listModelFiles(files));
  const [size, , channels] = model.imageShape;
  return { ...pictures, size, channels: channels === 1 ? 1 : 3 };
}

/** When samples are due after those drawn now, in seconds of training. */
function nextSamples(seconds: number): number {
  return SAMPLE_SECONDS.find((time) => time > seconds + CHECKPOINT_SECONDS) ?? LATER * seconds;
}

/** Stops this worker's run. */
let stopping = new AbortController();

/** Draws samples from the last checkpoint, and stores them with the run. */
async function drawSamples(files: FileStore, step: number): Promise<Uint8Array<ArrayBuffer>> {
  await using model = await loadModel(await listModelFiles(files));
  const pixels = await model.sample({
    ...samples,
    // Overflowed samples are black on the sheet.
    onOverflow: () => {},
  });
  const png = new Uint8Array(contactSheet(pixels, { imageShape: model.imageShape }));
  await files.write(samplesName(step), png);
  return png;
}

async function listModelFiles(files: FileStore): Promise<Record<string, Uint8Array>> {
  const last = lastCheckpoint(await files.list())!;
  const entries = await Promise.all(
    ['config.yaml', last].map(async (name) => [name, (await files.read(name))!] as const),
  );
  return Object.fromEntries(entries);
}
