// What a worker does for the room Train: sizes, training, and the runs in the browser's private file system.
import { contactSheet, loadModel, UserError } from 'emerging-flows';
import {
  type Config,
  type ConfigLayer,
  privateFiles,
  resolveConfig,
  resumeRun,
  type StoredFiles,
  startRun,
  type TrainingSize,
  train,
  trainingSize,
} from 'emerging-flows/training';
import type { Call } from './calls.ts';
import { archiveOf, type KeptRun, keptRun, keptRuns, removeKept, samplesName } from './keptRuns.ts';
import { openPictures, type Pictures } from './pictures.ts';

/** What is told of a training while it runs. */
export type TrainingNews =
  | { readonly kind: 'doing'; readonly text: string }
  /** The images were opened, and these were left out. */
  | { readonly kind: 'damaged'; readonly count: number }
  | { readonly kind: 'prepared'; readonly workers: number; readonly steps: number; readonly from: number }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly bitsPerDim: number;
      /** Since this call began. */
      readonly seconds: number;
      readonly imagesPerSecond: number;
    }
  | { readonly kind: 'validation'; readonly step: number; readonly bitsPerDim: number }
  | { readonly kind: 'samples'; readonly step: number; readonly png: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'trouble'; readonly step: number; readonly text: string };

/** A training to begin, or to go on with if there is no configuration. */
export interface TrainingOrder {
  /** The name of the run. */
  readonly name: string;
  readonly config?: ConfigLayer;
  readonly pictures: Pictures;
  /** The threads that it may use: those of the machine, shared with other trainings. */
  readonly threads: number;
}

/** The samples of a run folder: those that the command line draws, too. */
const samples = { count: 64, temperature: 0.8, seed: 0 } as const;

/** A page may be closed at any moment, and then goes on from its last checkpoint. */
const CHECKPOINT_SECONDS = 20;

/** The tasks, by name. */
export const trainingTasks = {
  /** The size of a training, before it begins. */
  async size({
    config,
    shape,
    threads,
  }: {
    config: ConfigLayer;
    shape: readonly [number, number, number];
    threads: number;
  }): Promise<TrainingSize> {
    return trainingSize(configOf(config), shape, { threads });
  },

  /** Trains until all steps are done or the call `stop` comes; returns whether all steps are done. */
  async train(order: TrainingOrder, { report, signal }: Call<TrainingNews>): Promise<{ complete: boolean }> {
    stopping = new AbortController();
    report({ kind: 'doing', text: 'Opening the images' });
    const dataset = await openPictures(order.pictures, (done, total) =>
      report({
        kind: 'doing',
        text: `Opening the images${total ? ` ${Math.floor((100 * done) / total)} %` : ''}`,
      }),
    );
    report({ kind: 'damaged', count: dataset.damaged.length });
    requireBatch(order.config?.training?.batchSize, dataset.train.count);
    const files = await privateFiles(order.name);
    const run = order.config
      ? await startRun(configOf(order.config), files, { dataset })
      : await resumeRun(files, {}, { dataset });
    const { batchSize } = run.config.training;
    let images = 0;
    const { complete } = await train({
      ...run,
      threads: order.threads,
      checkpointSeconds: CHECKPOINT_SECONDS,
      signal: AbortSignal.any([stopping.signal, signal]),
      events: {
        onPreparing: (part) =>
          report({
            kind: 'doing',
            text: part === 'weights' ? 'Initialising the weights' : 'Compiling the programs',
          }),
        onPrepared: ({ workers }) =>
          report({
            kind: 'prepared',
            workers,
            steps: run.schedule.totalSteps,
            from: run.state?.step ?? 0,
          }),
        onStep(step, bitsPerDim, imagesPerSecond) {
          images += batchSize;
          report({ kind: 'step', step, bitsPerDim, imagesPerSecond, seconds: images / imagesPerSecond });
        },
        onValidation: (step, bitsPerDim) => report({ kind: 'validation', step, bitsPerDim }),
        onMilestone: async (step) => {
          report({ kind: 'samples', step, png: await drawSamples(files, step) });
        },
        onTrouble: (step, text) => report({ kind: 'trouble', step, text }),
      },
    });
    return { complete };
  },

  /** Ends a training of this worker after its step, with a checkpoint. */
  async stop(): Promise<void> {
    stopping.abort();
  },

  /** The names of the runs that are kept. */
  kept: (): Promise<string[]> => keptRuns(),

  /** A run that is kept. */
  run: ({ name }: { name: string }): Promise<KeptRun> => keptRun(name),

  /** A run as a zip archive with its folder. */
  archive: ({ name }: { name: string }): Promise<Uint8Array<ArrayBuffer>> => archiveOf(name),

  /** Deletes a run. */
  remove: ({ name }: { name: string }): Promise<void> => removeKept(name),
};

/** The tasks that a page may call. */
export type TrainingTasks = typeof trainingTasks;

/** What the page leaves open is as in the quick start. */
function configOf(overrides: ConfigLayer): Config {
  return resolveConfig({ preset: 'mnist-quickstart', overrides });
}

/** The library names its setting; the page has a field, and keeps nothing of a run that cannot begin. */
function requireBatch(batch: number | undefined, images: number): void {
  if (batch !== undefined && batch > images) {
    throw new UserError(
      'invalid-config',
      `a batch of ${batch.toLocaleString('en')} is more than the ${images.toLocaleString('en')} images to train on: choose a smaller batch`,
    );
  }
}

/** Ends the training of this worker. */
let stopping = new AbortController();

/** Draws the samples of a milestone from its checkpoint, and keeps them with the run. */
async function drawSamples(files: StoredFiles, step: number): Promise<Uint8Array<ArrayBuffer>> {
  await using model = await loadModel(await modelFilesOf(files));
  const pixels = await model.sample({
    ...samples,
    // Black on the sheet.
    onOverflow: () => {},
  });
  const png = new Uint8Array(contactSheet(pixels, { imageShape: model.imageShape }));
  await files.write(samplesName(step), png);
  return png;
}

async function modelFilesOf(files: StoredFiles): Promise<Record<string, Uint8Array>> {
  const last = (await files.list()).filter((name) => name.startsWith('checkpoints/step-')).at(-1)!;
  const found = await Promise.all(
    ['config.yaml', last].map(async (name) => [name, (await files.read(name))!] as const),
  );
  return Object.fromEntries(found);
}
