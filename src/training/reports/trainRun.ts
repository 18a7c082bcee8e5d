// Training a run, wherever it is stored, and what follows: its measurements, pictures and model card.

import { requireArgument, requireKnown } from '../../core/numeric/index.ts';
import { onlyRank } from '../../core/ranks/index.ts';
import type { FileLock, JsonObject } from '../../data/files/index.ts';
import { flowFor } from '../../flows/models/index.ts';
import { FlowModel, trainedModel, type WorkOptions } from '../../model/index.ts';
import type { Evaluation } from '../../model/measure/index.ts';
import { evaluationsIn } from '../../runs/contents/stored.ts';
import type { RunPaths } from '../../runs/folder/index.ts';
import type { Run } from '../../runs/open/index.ts';
import { isOnOwnData } from '../../runs/settings/experimentName.ts';
import { presets } from '../../runs/settings/presets.ts';
import { releaseAfter } from '../../tensor/engine/index.ts';
import { train } from '../loop/train.ts';
import type { DrawnSamples } from '../loop/trainingEvents.ts';
import type { Reports, TrainingOptions, TrainingResult } from '../loop/trainingOptions.ts';
import {
  type FinalPictures,
  folderReports,
  type ReportFailure,
  type WithModel,
} from './folderReports.node.ts';

/** A run, its training options, and which measurements follow. */
export interface TrainRunOptions extends TrainingOptions {
  /** The folder of the run, which gets pictures and a model card; by default there are none. */
  readonly paths?: RunPaths | undefined;
  /** Whether test images are evaluated, as many as the preset measures on its own data; default false. */
  readonly test?: boolean | undefined;
  /**
   * Whether validation images are measured, against which images can then be scored: as many as the preset measures on its own
   * data, otherwise at most 2,000; default true.
   */
  readonly reference?: boolean | undefined;
}

/** All options: of a run, of training, and of programs. */
const trainOptions: Readonly<Record<keyof (TrainRunOptions & Run), true>> = {
  config: true,
  dataset: true,
  schedule: true,
  store: true,
  preset: true,
  state: true,
  origin: true,
  otherImages: true,
  damages: true,
  paths: true,
  stopAt: true,
  minutes: true,
  signal: true,
  checkpointSeconds: true,
  activations: true,
  workers: true,
  ranks: true,
  action: true,
  reports: true,
  events: true,
  parts: true,
  test: true,
  reference: true,
  device: true,
  deviceIndex: true,
  threads: true,
  fallback: true,
  inverse: true,
  memoryPlan: true,
  onDevice: true,
};

/** How a run ended, what was measured of it, and its last pictures. */
export interface TrainedRun extends TrainingResult, FinalPictures {
  /** The evaluation of test images, if it was requested and the signal has not ended it. */
  readonly test?: Evaluation & {
    /** How many there are, if not all were measured. */
    readonly available?: number;
  };
}

/** How test images are evaluated. */
export const TEST = { draws: 2, seed: 0 };

/**
 * Trains a run and stores it: its summary, metrics after every step, validation and checkpoints at milestones, a checkpoint
 * at the end, and in between one every ten minutes that replaces the previous one. At the end of all steps, it evaluates
 * test images if `test` says so, and measures validation images, against which images can then be scored. In a folder it
 * also draws the learning curve and samples, and writes the model card. Failures of the measurement of validation images
 * and of pictures are reported as `onTrouble`. The run is complete when all this is done; a signal skips the rest of
 * the measurements and the last samples.
 *
 * All randomness is a function of the seed and the step: the same configuration produces the same metrics and checkpoints,
 * with or without interruptions.
 *
 * A loss or gradient that is not finite, or is far outside the range of the previous steps, never reaches the weights: the
 * step is dropped. If that keeps happening, training rolls back to earlier weights with half the learning rate.
 *
 * @throws UserError if an option is invalid, training diverges at any rate, another process is training the run or has
 * taken it over, or a file cannot be written; the last sound state is then in the store
 */
export async function trainRun(options: TrainRunOptions): Promise<TrainedRun> {
  requireArgument(
    options?.store !== undefined,
    "train needs a run, such as train(await resumeRun('runs/digits'))",
  );
  requireKnown<TrainRunOptions & Run>(options as TrainRunOptions & Run, trainOptions);
  const { config, dataset, paths, preset = null, store, signal, events = {}, ranks = onlyRank } = options;
  requireArgument(
    !options.test || dataset.test.count > 0,
    `${dataset.name} has no test images: leave out test`,
  );
  if (ranks.rank > 0) {
    return { ...(await train(options)), samples: null, curve: null };
  }
  const reportFailure: ReportFailure = async (step, subject, draw) => {
    try {
      return await draw();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      events.onTrouble?.(step, `no ${subject}: ${reason}`, { what: subject, error });
      return null;
    }
  };
  const withModel: WithModel = (state, use) =>
    releaseAfter((keep) => {
      const trained = trainedModel(flowFor(dataset.imageShape, config.model), state, 'average');
      return use(keep(new FlowModel(trained, options)));
    });
  const folder = paths && folderReports({ config, paths, preset, store }, withModel, reportFailure);
  const tellSamples = async (step: number, samples: DrawnSamples | null): Promise<void> =>
    samples === null ? undefined : events.onSamples?.(step, samples);
  let finished: Omit<TrainedRun, keyof TrainingResult> = { samples: null, curve: null };
  const reports: Reports = {
    ...(folder && {
      rehearse: folder.rehearse,
      milestone: async (state) => tellSamples(state.step, await folder.drawMilestone(state)),
    }),
    async finish(result, lock) {
      const { complete, interrupted, state } = result;
      const isDone = complete && !interrupted;
      events.onTrained?.(complete);
      finished = await withModel(state, async (model) => {
        const test = isDone ? await measure(model, options, lock, reportFailure) : undefined;
        const sampled = interrupted || signal?.aborted ? undefined : model;
        const drawn = (await folder?.finish(result, sampled)) ?? { samples: null, curve: null };
        await tellSamples(state.step, drawn.samples);
        return { ...drawn, ...(test && { test }) };
      });
      if (isDone) {
        // Last, so that a run killed before this point is finished by a resume.
        await store.writeSummary({ ...(await store.readSummary()), complete: true });
      }
    },
  };
  return { ...(await train({ ...options, reports })), ...finished };
}

/** Evaluates test images and measures validation images as the options say, until the signal ends it; stores the results. */
async function measure(
  model: FlowModel,
  options: TrainRunOptions,
  lock: FileLock,
  reportFailure: ReportFailure,
): Promise<TrainedRun['test']> {
  const { config, dataset, store, preset = null, signal, events, reference = true } = options;
  const step = model.step!;
  const usesPresetImages = isOnOwnData(preset, config);
  const limits = presets.find(({ name }) => usesPresetImages && name === preset)?.measured;
  const unlessStopped = async <Result>(
    split: 'test' | 'validation',
    limit: number | undefined,
    work: (images: number, following: WorkOptions) => Promise<Result>,
  ): Promise<Result | undefined> => {
    const images = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset[split].count);
    events?.onMeasuring?.(split, 0, images);
    const onProgress = (done: number, total: number): void => {
      events?.onMeasuring?.(split, (images * done) / total, images);
      lock.renew();
    };
    try {
      return await work(images, { signal, onProgress });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) {
        return undefined;
      }
      throw error;
    }
  };
  let test: TrainedRun['test'];
  if (options.test) {
    // Loaded when needed: a page that trains need not measure.
    const { evaluateSpread, evaluationRecord, storedEvaluation } = await import(
      '../../model/measure/evaluate.ts'
    );
    test = await unlessStopped('test', limits?.test, (images, following) =>
      evaluateSpread(model, dataset.test, images, { ...TEST, ...following }),
    );
    // A process killed after the test may already have recorded it.
    if (test && !isTested(await store.readSummary(), step)) {
      const about = { split: 'test', weights: 'average', model: model.model.options } as const;
      const record = storedEvaluation(evaluationRecord(test, about));
      await store.appendEvaluation({ step, seed: TEST.seed, ...record });
    }
  }
  if (reference && dataset.validation.count > 0 && !signal?.aborted) {
    await reportFailure(step, 'statistics of validation images for emerging score', async () => {
      // Loaded when needed: a page that trains may not get that far.
      const { storeRunReference } = await import('../../uses/odd/runReference.ts');
      await unlessStopped('validation', limits?.reference, (_, following) =>
        storeRunReference(model, options, { ...following, images: limits?.reference }),
      );
    });
  }
  return test;
}

/** Whether a summary has an evaluation of test images with the average weights after this step. */
export function isTested(summary: JsonObject, step: number): boolean {
  return evaluationsIn(summary).some(
    (evaluation) =>
      evaluation.split === 'test' && evaluation.weights === 'average' && evaluation.step === step,
  );
}
