// The parts of training: compiled programs, and weights initialised from data or taken from a checkpoint.

import { UserError } from '../../core/errors.ts';
import { partName } from '../../core/parts/index.ts';
import { onlyRank, type Ranks } from '../../core/ranks/index.ts';
import { type Flow, flowFor, type Groups, ParameterLayout } from '../../flows/models/index.ts';
import type { TrainingStart, TrainingState } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import {
  differenceBetween,
  latestSoundCheckpoint,
  requireArrays,
  requireLoggable,
} from '../../runs/contents/stored.ts';
import { requireLabels } from '../../runs/images/index.ts';
import { type Config, createSchedule, type Schedule } from '../../runs/settings/index.ts';
import { type CompileOptions, type Keep, requirePlace } from '../../tensor/engine/index.ts';
import { configuredOptimizer } from '../../tensor/optimizers/index.ts';
import { type Action, actionLoss, drawBase } from '../gradients/actionLoss.ts';
import type { Loss } from '../gradients/loss.ts';
import { requireWorkers } from '../gradients/workers.ts';
import { rankShare, shareState, startOfLeader } from '../ranks.ts';
import { BatchLoader } from '../step/batchLoader.ts';
import { guardFor } from '../step/guard.ts';
import { isFiniteArray } from '../step/notFinite.ts';
import { startFromData } from '../step/startFromData.ts';
import { openStateArrays, Trainer } from '../step/trainer.ts';
import { type CheckpointWriter, type CheckpointWriterOptions, openCheckpoints } from './checkpointWriter.ts';
import { guardedOnImages, lastChangeOfImages } from './recordTraining.ts';
import type { PreparationPart } from './trainingEvents.ts';
import type { TrainingOptions } from './trainingOptions.ts';
import { openValidation, type Validation } from './validation.ts';

/** The parts of training. */
export interface TrainingParts {
  readonly config: Config;
  readonly store: RunStore;
  readonly model: Flow;
  readonly schedule: Schedule;
  readonly batches: BatchLoader;
  readonly trainer: Trainer;
  readonly validation: Validation;
  readonly checkpoints: CheckpointWriter;
  /** The processes that train together. */
  readonly ranks: Ranks;
  /** How programs are compiled. */
  readonly engine: CompileOptions;
  /** What is minimised, if not −log-likelihood. */
  readonly loss: Loss | undefined;
  /** Recomputes the initial state of the run. */
  startAgain(): Promise<TrainingStart>;
}

/** What these are built from. */
type TrainingSources = Pick<
  TrainingOptions,
  'config' | 'dataset' | 'store' | 'state' | 'otherImages' | 'activations' | 'workers' | 'ranks'
> & { readonly action?: Action | undefined };

/** Compiles the programs, and initialises the weights from data without a state to resume. */
export async function prepareTraining(
  {
    config,
    dataset,
    store,
    state,
    otherImages,
    activations,
    workers,
    ranks = onlyRank,
    action,
  }: TrainingSources,
  engine: CompileOptions,
  keep: Keep,
  onPreparing: (part: PreparationPart) => void = () => {},
): Promise<TrainingParts> {
  const { seed } = config;
  const { batchSize, learningRate } = config.training;
  const share = rankShare(config.training, ranks);
  const { microBatch } = share;
  await requireLatest(state, store, config);
  requireOptimizer(state, config, store);
  requirePlace(engine);
  requireWorkers(workers, { ...engine, images: microBatch });
  const model = flowFor(dataset.imageShape, config.model);
  if (model.classes.length > 0) {
    requireLabels(dataset.train, model.classes, dataset.name, dataset.whyNoLabels);
  }
  requireLoggable(config.training, Object.keys(model.parameters));
  const schedule = createSchedule(config, dataset.train.count);
  const { augment } = config.data;
  const loading = { batchSize, seed, model, augment };
  const batches = new BatchLoader(dataset.train, { ...loading, share, ...(action && { draw: drawBase }) });
  const startAgain = (into?: Groups): Promise<TrainingStart> =>
    soundStart(model, new BatchLoader(dataset.train, loading), seed, engine, into);
  const optimizer = configuredOptimizer(config.training, schedule.stepsPerEpoch);
  const updating = { optimizer, averageDecay: schedule.averageDecay };
  const layout = new ParameterLayout(model.parameters);
  const training = { ...engine, batchSize, microBatch, ranks, ...updating };
  const loss = action && actionLoss(action);
  const arrays = keep(await openStateArrays(layout, training));
  if (!state) {
    onPreparing('weights');
  }
  const { drawn } = arrays;
  const resumed = async (reached: TrainingState): Promise<TrainingState> => {
    const known = await store.readImages();
    const areOthers = otherImages && known && differenceBetween(known.train, otherImages.train) !== undefined;
    return guardedOnImages(reached, areOthers ? reached.step : await lastChangeOfImages(store));
  };
  const start = await startOfLeader(ranks, layout, () => (state ? resumed(state) : startAgain(drawn)), drawn);
  onPreparing('programs');
  const trainer = keep(
    await Trainer.create(
      model,
      { ...start, guard: guardFor(learningRate, start.guard) },
      { ...training, clipNorm: schedule.clipNorm, arrays, activations, workers, loss },
    ),
  );
  await shareState(ranks, trainer);
  const measured = Math.max(microBatch, LEAST_MEASURED);
  const options = { ...engine, layout: arrays.layout, batchSize: measured, seed, ranks };
  const validation = keep(openValidation(model, dataset.validation, options));
  const written = { store, layout, model, schedule };
  const checkpoints = await checkpointsOn(ranks, written, start.step);
  return {
    config,
    store,
    model,
    schedule,
    batches,
    trainer,
    validation,
    checkpoints,
    ranks,
    engine,
    loss,
    startAgain,
  };
}

/** The parts of a run that has not taken a step, with another configuration of the same model and optimiser. */
export async function withConfig(
  parts: TrainingParts,
  config: Config,
  trainingImages: number,
): Promise<TrainingParts> {
  const { store, trainer, model, ranks } = parts;
  const schedule = createSchedule(config, trainingImages);
  const { layout } = trainer;
  return {
    ...parts,
    config,
    schedule,
    checkpoints: await checkpointsOn(ranks, { store, layout, model, schedule }, trainer.progress.step),
  };
}

/** Other ranks than 0 have the same state, and write nothing. */
function checkpointsOn(
  { rank }: Ranks,
  options: CheckpointWriterOptions,
  start: number,
): CheckpointWriter | Promise<CheckpointWriter> {
  return rank === 0 ? openCheckpoints(options, start) : { age: 0, save: async () => '' };
}

/** The number of batches tried for initialisation. */
const MOST_STARTS = 5;

/**
 * The initial state of a run, from the first batch that yields finite weights. It takes the whole batch,
 * however small the micro-batches: a run does not depend on how much fits in memory.
 */
async function soundStart(
  model: Flow,
  batches: BatchLoader,
  seed: number,
  engine: CompileOptions,
  into?: Groups,
): Promise<TrainingStart> {
  for (let step = 0; step < MOST_STARTS; step++) {
    const state = await startFromData(model, batches.at(step), seed, engine, into);
    if (Object.values(state.weights).every(isFiniteArray)) {
      return state;
    }
  }
  throw new UserError(
    'diverged',
    `cannot initialise the model from the data: its actnorms are not finite for any of the first ${MOST_STARTS} batches; ` +
      'use a larger training.batchSize or fewer model.levels',
  );
}

/** The fewest images per validation run: fewer, as in a small batch, would take longer overall. */
const LEAST_MEASURED = 64;

/** Rejects an optimiser other than the one the state's moments belong to. */
function requireOptimizer(state: TrainingState | undefined, { training }: Config, { name }: RunStore): void {
  const chosen = partName(training.optimizer);
  if (state && state.optimizer.name !== chosen) {
    throw new UserError(
      'invalid-config',
      `${name} was trained with ${state.optimizer.name}, but its training.optimizer is now ` +
        `${chosen}: a run keeps the optimiser it started with; start a new run`,
    );
  }
}

/** Rejects a state older than the latest that is stored: the checkpoints would contradict the logs. */
async function requireLatest(
  state: TrainingState | undefined,
  store: RunStore,
  { model }: Config,
): Promise<void> {
  const reached = state?.step ?? 0;
  const [last = 0] = (await store.checkpointSteps()).slice(-1);
  if (last <= reached) {
    return;
  }
  const { checkpoint: latest } = await latestSoundCheckpoint(store, requireArrays(model, store.name));
  if (latest !== undefined && latest.step > reached) {
    throw new UserError(
      'exists',
      `${store.name} is already trained to step ${latest.step}: ` +
        'continue from the state that resumeRun returns, or start in another folder',
    );
  }
}
