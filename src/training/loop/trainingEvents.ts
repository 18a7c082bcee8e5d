// The events reported during training.
import type { TrainingState } from '../../runs/contents/trainingState.ts';

/** What is prepared before the first step, in this order; the weights only if there is no state to resume. */
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
  /** Progress at the end, while validation images are measured for scores of odd images. */
  onReference?(done: number, total: number): void;
  /**
   * When a step is dropped, training rolls back to earlier weights, a damaged log or summary is set aside before the
   * first step, or a picture cannot be drawn or validation images not measured: what happened and where, in one line.
   */
  onTrouble?(step: number, text: string): void;
}
