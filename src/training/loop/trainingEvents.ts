// The events reported during training.
import type { TrainingState } from '../../runs/contents/index.ts';

/** The stages before the first step, in order; weights are initialised only without a state to resume. */
export type PreparationPart = 'weights' | 'programs';

/** The number of steps chosen for a time budget, and what it is based on. */
export interface ChosenSteps {
  /** The total from the start of the run. */
  readonly steps: number;
  /** The budget. */
  readonly minutes: number;
  /** The median of the timed steps. */
  readonly secondsPerStep: number;
  /** How long the training is expected to take from its start, milestones included. */
  readonly seconds: number;
}

/** The samples drawn from a model into a run folder. */
export interface DrawnSamples {
  /** The sheet. */
  readonly file: string;
  /** How many there are. */
  readonly count: number;
  /** How many of them are black because their values are NaN or infinite. */
  readonly overflowed: number;
}

/** Callbacks during training. */
export interface TrainingEvents {
  /**
   * Before work that may take seconds for a large model: initialising weights from data, compiling programs.
   */
  onPreparing?(part: PreparationPart): void;
  /**
   * Before the first step: how activations are handled, the bytes a step needs, and the number of workers.
   */
  onPrepared?(plan: { activations: 'keep' | 'recompute'; bytes: number; workers: number }): void;
  /** Before the first step of a run with a time budget: the number of steps that fit into it. */
  onStepsChosen?(chosen: ChosenSteps): void;
  /** After each step: its number, its batch's mean bits/dim, the speed so far, and its learning rate. */
  onStep?(step: number, bitsPerDim: number, imagesPerSecond: number, learningRate: number): void;
  /** After each validation with the average weights. */
  onValidation?(step: number, bitsPerDim: number): void;
  /**
   * After the validation and the checkpoint of a milestone, with the state, which is only borrowed: the next
   * step changes it. Training awaits the returned promise and fails if it rejects; the time is not counted in
   * any step.
   */
  onMilestone?(step: number, state: TrainingState): void | Promise<void>;
  /**
   * After each checkpoint but the one of an interruption, with its step. Training awaits the returned promise, as for
   * `onMilestone`.
   */
  onCheckpoint?(step: number): void | Promise<void>;
  /** When samples of a step are drawn into a run folder: before `onMilestone`, and of the last step at the end. */
  onSamples?(step: number, samples: DrawnSamples): void | Promise<void>;
  /** After the last step and its validation, before the run is measured and its last pictures are drawn: whether all are done. */
  onTrained?(complete: boolean): void;
  /** Progress at the end: how many test images are evaluated, or validation images measured for scores of odd images. */
  onMeasuring?(split: 'test' | 'validation', done: number, images: number): void;
  /**
   * When a step is dropped, training rolls back to earlier weights, a damaged log or summary is set aside before the
   * first step, a part's definition has no module for several workers, or a picture cannot be drawn or validation images not
   * measured: what happened and where, in one line.
   *
   * @param lost what could not be drawn or measured, and what was thrown
   */
  onTrouble?(step: number, text: string, lost?: { readonly what: string; readonly error: unknown }): void;
}
