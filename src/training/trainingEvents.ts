// What a training tells whoever watches it.
import type { TrainingState } from './trainingState.ts';

/** What is prepared before the first step, in this order; the weights only where there is no state to go on from. */
export type PreparationPart = 'weights' | 'programs';

/** What a run tells while it trains. */
export interface TrainingEvents {
  /** Before what may take seconds for a large model: starting its weights from data, making the programs of a step. */
  onPreparing?(part: PreparationPart): void;
  /** Before the first step: what becomes of the activations, the bytes that a step needs, and the workers. */
  onPrepared?(plan: { activations: 'keep' | 'recompute'; bytes: number; workers: number }): void;
  /** After each step: its number, the mean bits/dim of its batch, the speed of the steps so far, its learning rate. */
  onStep?(step: number, bitsPerDim: number, imagesPerSecond: number, learningRate: number): void;
  /** After each validation with the average weights. */
  onValidation?(step: number, bitsPerDim: number): void;
  /**
   * After the validation and the checkpoint of a milestone, with the state, which is lent: the next step changes it.
   * The training waits until what is returned is done, and ends if that fails; its time is not that of any step.
   */
  onMilestone?(step: number, state: TrainingState): void | Promise<void>;
  /** When a step is refused or the training goes back to earlier weights: what happened and where, in a line. */
  onTrouble?(step: number, text: string): void;
}
