// The options and the result of training.
import type { PartDefinition } from '../../core/parts/index.ts';
import type { Ranks } from '../../core/ranks/index.ts';
import type { Dataset } from '../../data/contract/index.ts';
import type { FileLock } from '../../data/files/index.ts';
import type { DatasetIdentity } from '../../data/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import type { TrainingState } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import type { Config } from '../../runs/settings/index.ts';
import type { CompileOptions } from '../../tensor/engine/index.ts';
import type { Action } from '../gradients/actionLoss.ts';
import type { ActivationChoice } from '../gradients/gradientPlan.ts';
import type { TrainingEvents } from './trainingEvents.ts';

/**
 * A `Run` (what is trained, on what, and where it is written) and how to train it. Training is in float32.
 */
export interface TrainingOptions extends Omit<CompileOptions, 'precision'> {
  /** The experiment. */
  readonly config: Config;
  /** The images; validation images are measured, test images are not touched. */
  readonly dataset: Dataset;
  /** Where the run is stored, which must exist. */
  readonly store: RunStore;
  /** The name of its preset, for its summary. */
  readonly preset?: string | null | undefined;
  /** The state to resume from, which is copied; by default a new one is initialised from data. */
  readonly state?: TrainingState | undefined;
  /** What identifies the images, if the run is resumed on other ones than before. */
  readonly otherImages?: DatasetIdentity | undefined;
  /** Ends after this step without changing the schedule. */
  readonly stopAt?: number | undefined;
  /**
   * A time budget for a run that has not taken a step. A few steps are timed and undone; then `training.steps` becomes as
   * many as fit on this machine, with the validations and pictures of the milestones, and a warm-up longer than a tenth of
   * them is shortened to a tenth. The run records both, and trains as if it had been started with them.
   */
  readonly minutes?: number | undefined;
  /** When aborted, on any rank, training ends after the current step; a run always takes at least one step. */
  readonly signal?: AbortSignal | undefined;
  /** The seconds of training after which a checkpoint is written between milestones; default 600. */
  readonly checkpointSeconds?: number | undefined;
  /** Whether a step's activations are kept or recomputed; by default depends on the available memory. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers, at most `threads`; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
  /** Definitions of the model's and the training's parts that the library lacks, unless they are registered already. */
  readonly parts?: readonly PartDefinition[] | undefined;
  /**
   * The processes that train together, each calling this function with the same run; by default only this one.
   * Each computes its share of every batch. Rank 0 alone writes: the others need a store, but its contents do not matter.
   * `events` are called on each rank that sets them.
   */
  readonly ranks?: Ranks | undefined;
  /** @internal What is trained to, in place of the images: `trainToAction` sets it. */
  readonly action?: Action | undefined;
  /** @internal What is measured and drawn of the run: `trainRun` sets it. */
  readonly reports?: Reports | undefined;
  /** Callbacks during training. */
  readonly events?: TrainingEvents;
}

/** Measures and draws a run while it is locked. */
export interface Reports {
  /** Does the work of `milestone` without keeping its results, so that a time budget can account for it. */
  rehearse?(state: TrainingState): Promise<void>;
  /** Draws a state that is only borrowed, at every milestone but the last step. */
  milestone?(state: TrainingState): Promise<void>;
  /** Finishes the trained run, and records that it is complete; by default a run with all its steps done is. */
  finish?(result: TrainingResult, lock: FileLock): Promise<void>;
}

/** How a run ended. */
export interface TrainingResult {
  /** The trained model. */
  readonly model: Flow;
  /** The experiment, with the number of steps that a time budget chose. */
  readonly config: Config;
  /** The state after the last step; its arrays share one block of memory, freed only when all are unused. */
  readonly state: TrainingState;
  /**
   * bits/dim of the validation images with the average weights after the last step; null if there are none,
   * or the run was interrupted before they were measured.
   */
  readonly validationBitsPerDim: number | null;
  /**
   * The seconds of all steps of the run, earlier calls included; without startup, validation and checkpoints.
   */
  readonly seconds: number;
  /** The rate over these seconds. */
  readonly imagesPerSecond: number;
  /** The number of data-parallel workers. */
  readonly workers: number;
  /** The path of that state's checkpoint. */
  readonly checkpoint: string;
  /** Whether all steps of the schedule are done. */
  readonly complete: boolean;
  /** Whether the signal ended it. */
  readonly interrupted: boolean;
}
