// The pictures and the model card that a run folder gets while it trains.
import { releaseAfter } from '../../engine/resources.ts';
import { experimentName } from '../../experiments/experimentName.ts';
import { scheduleOf } from '../../experiments/schedule.ts';
import { flowFor } from '../../models/flowRegistry.ts';
import { unitOf } from '../../models/unit.ts';
import type { TrainingState } from '../../runs/contents/trainingState.ts';
import type { RunPaths } from '../../runs/folder/runFolder.ts';
import { pathFrom, realFolder } from '../../storage/folders.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { trainedModel } from '../../trained/model/trainedModel.ts';
import { lastStepOf } from '../../training/loop/milestones.ts';
import { type TrainingOptions, type TrainingResult, train } from '../../training/loop/train.ts';
import { engineOf } from './engineOf.ts';
import { writeRunCard } from './runCard.ts';
import { type DrawnSamples, drawLearningCurve, drawSamples, rehearsePictures } from './runPictures.ts';

/** A `Run` in a folder and how to train it. */
export interface FolderTrainingOptions extends TrainingOptions {
  /** The run folder. */
  readonly paths: RunPaths;
}

/**
 * Draws `what`; if that fails, reports it and returns null: a picture that cannot be drawn must not cost anything that
 * was trained.
 */
export type TryDrawing = <Drawn>(what: string, draw: () => Drawn | Promise<Drawn>) => Promise<Drawn | null>;

/**
 * Trains a run and draws pictures at every milestone but the last step's, which `finishRun` draws.
 *
 * @param onSamples called when samples of a step are drawn
 */
export async function trainWithPictures(
  options: FolderTrainingOptions,
  tryDrawing: TryDrawing,
  onSamples: (step: number, samples: DrawnSamples) => void = () => {},
): Promise<TrainingResult> {
  const { events = {}, config, dataset, stopAt } = options;
  let { totalSteps } = scheduleOf(config, dataset.train.count);
  const draw = milestonePictures(options, tryDrawing);
  return train({
    ...options,
    events: {
      ...events,
      onStepsChosen(chosen) {
        totalSteps = chosen.steps;
        events.onStepsChosen?.(chosen);
      },
      async onMilestone(step, state) {
        const samples = step === lastStepOf({ totalSteps }, stopAt) ? null : await draw(step, state);
        if (samples !== null) {
          onSamples(step, samples);
        }
        await events.onMilestone?.(step, state);
      },
    },
    rehearseMilestone: async (state) => {
      await tryDrawing('pictures before the first step', () =>
        withModel(options, state, (model) => rehearsePictures(model)),
      );
    },
  });
}

/** Calls `use` with the model of a state of the training. */
function withModel<Result>(
  options: FolderTrainingOptions,
  state: TrainingState,
  use: (model: FlowModel) => Promise<Result>,
): Promise<Result> {
  const { dataset, config } = options;
  const trained = trainedModel(flowFor(dataset.imageShape, config.model), state, 'average');
  return releaseAfter((keep) => use(keep(new FlowModel(trained, engineOf(options)))));
}

/** What `finishRun` has drawn; null for what failed, or has nothing to show. */
export interface FinalPictures {
  readonly samples: DrawnSamples | null;
  /** The file of the learning curve. */
  readonly curve: string | null;
}

/**
 * Draws the pictures of a trained run, and writes its model card.
 *
 * @param model the trained model; without it, no samples are drawn
 */
export async function finishRun(
  options: FolderTrainingOptions,
  { model: glow, state, interrupted }: TrainingResult,
  model: FlowModel | undefined,
  tryDrawing: TryDrawing,
): Promise<FinalPictures> {
  const { paths, config, store } = options;
  const samples =
    interrupted || model === undefined
      ? null
      : await tryDrawing('samples', () => drawSamples(model, state.step, paths));
  await store.writeSummary({ ...(await store.readSummary()), samples: samples?.file ?? null });
  const curve = await tryDrawing('learning curve', () =>
    drawLearningCurve(paths, pictureTitle(options), unitOf(config.model)),
  );
  await writeRunCard(paths, { model: glow, config, step: state.step });
  return { samples, curve };
}

/** The minimum time in milliseconds before the first curve, and between curves. */
const curveEvery = 5000;
/** Samples that take longer than this, in milliseconds, … */
const quick = 5000;
/** … are drawn only as long as they take no more than this share of the time. */
const mostShare = 0.02;

/** The title of a run's pictures: what it is, and its folder, also if it was opened as `.` or through a link. */
export function pictureTitle({
  preset = null,
  config,
  paths,
}: Pick<FolderTrainingOptions, 'preset' | 'config' | 'paths'>): string {
  const folder = realFolder(paths.directory);
  const below = pathFrom(realFolder('.'), folder);
  const isBelow = below !== '' && !/^\.\.(\/|$)/.test(below);
  return `${experimentName(preset, config)}, ${isBelow ? below : folder}`;
}

/**
 * Draws samples at a milestone, and the learning curve at most once every `curveEvery`. Frozen weights are recompiled each time:
 * that takes a fraction of a second, while a program with the weights as inputs would hold its memory all the time.
 */
function milestonePictures(
  options: FolderTrainingOptions,
  tryDrawing: TryDrawing,
): (step: number, state: TrainingState) => Promise<DrawnSamples | null> {
  const { config, paths } = options;
  const started = performance.now();
  let lastCurve = started;
  let sampling = 0;
  return async (step, state) => {
    if (performance.now() - lastCurve >= curveEvery) {
      lastCurve = performance.now();
      await tryDrawing(`learning curve of step ${step}`, () =>
        drawLearningCurve(paths, pictureTitle(options), unitOf(config.model)),
      );
    }
    const begin = performance.now();
    if (sampling > Math.max(quick, mostShare * (begin - started))) {
      return null;
    }
    const samples = await tryDrawing(`samples of step ${step}`, () =>
      withModel(options, state, (model) => drawSamples(model, step, paths)),
    );
    sampling = performance.now() - begin;
    return samples;
  };
}
