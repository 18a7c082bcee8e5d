// The pictures and the model card that a run folder gets while it trains.

import type { FlowModel } from '../../model/index.ts';
import type { TrainingState } from '../../runs/contents/index.ts';
import type { DrawnSamples } from '../loop/trainingEvents.ts';
import type { TrainingResult } from '../loop/trainingOptions.ts';
import { writeRunCard } from './runCard.ts';
import { drawLearningCurve, drawSamples, type PicturedRun, rehearsePictures } from './runPictures.ts';

/**
 * Draws `subject` of a step; if that fails, reports it and returns null: a picture that cannot be drawn must not cost anything
 * that was trained.
 */
export type ReportFailure = <Drawn>(
  step: number,
  subject: string,
  draw: () => Promise<Drawn>,
) => Promise<Drawn | null>;

/** Calls a function with the model of a state of the training. */
export type WithModel = <Result>(
  state: TrainingState,
  use: (model: FlowModel) => Promise<Result>,
) => Promise<Result>;

/** The last pictures of a run; null for what failed, or has nothing to show. */
export interface FinalPictures {
  /** Samples with the average weights of the last step. */
  readonly samples: DrawnSamples | null;
  /** The file of the learning curve. */
  readonly curve: string | null;
}

/** The minimum time in milliseconds before the first curve, and between curves. */
const curveEvery = 5000;
/** Samples that take longer than this, in milliseconds, … */
const quick = 5000;
/** … are drawn only as long as they take no more than this share of the time. */
const mostShare = 0.02;

/**
 * The reports of a run in its folder, from now on. Frozen weights are recompiled at each milestone: that takes a fraction of
 * a second, while a program with the weights as inputs would hold its memory all the time.
 */
export function folderReports(run: PicturedRun, withModel: WithModel, reportFailure: ReportFailure) {
  const { paths, store } = run;
  const started = performance.now();
  let lastCurve = started;
  let sampling = 0;
  return {
    /** Draws the pictures of a milestone without keeping them. */
    async rehearse(state: TrainingState): Promise<void> {
      await reportFailure(state.step, 'pictures before the first step', () =>
        withModel(state, rehearsePictures),
      );
    },
    /** Draws the samples of a milestone, unless they take too much of the time, and at times the learning curve. */
    async drawMilestone(state: TrainingState): Promise<DrawnSamples | null> {
      const { step } = state;
      if (performance.now() - lastCurve >= curveEvery) {
        lastCurve = performance.now();
        await reportFailure(step, `learning curve of step ${step}`, () => drawLearningCurve(run));
      }
      const begin = performance.now();
      if (sampling > Math.max(quick, mostShare * (begin - started))) {
        return null;
      }
      const samples = await reportFailure(step, `samples of step ${step}`, () =>
        withModel(state, (model) => drawSamples(model, step, paths)),
      );
      sampling = performance.now() - begin;
      return samples;
    },
    /** Draws the pictures of a trained run, without a model no samples, and writes its model card. */
    async finish(
      { model: flow, config, state }: TrainingResult,
      model: FlowModel | undefined,
    ): Promise<FinalPictures> {
      const { step } = state;
      const samples = model
        ? await reportFailure(step, 'samples', () => drawSamples(model, step, paths))
        : null;
      await store.writeSummary({ ...(await store.readSummary()), samples: samples?.file ?? null });
      const curve = await reportFailure(step, 'learning curve', () => drawLearningCurve(run));
      await writeRunCard(paths, { model: flow, config, step });
      return { samples, curve };
    },
  };
}
