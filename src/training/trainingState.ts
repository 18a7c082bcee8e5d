// The state of a training: what it remembers from step to step besides its configuration.

import type { Groups } from './parameterLayout.ts';
import type { GuardState } from './step/guard.ts';

/** All that a training remembers besides its configuration. */
export interface TrainingState {
  /** The number of steps made; each took a batch. */
  readonly step: number;
  /** The number of updates among them that the weights come from: a step that the guard drops makes none. */
  readonly updates: number;
  /** What the guard remembers. */
  readonly guard: GuardState;
  /** The weights as the last update left them, fixed parameters included. */
  readonly weights: Groups;
  /** Adamax's first moment m; like all that follows it is zero where it is missing, as before the first update. */
  readonly first: Groups;
  /** Adamax's decayed largest gradient u. */
  readonly second: Groups;
  /** The moving average of the weights, corrected for its zero start. */
  readonly average: Groups;
}

/** The weights of a training: as they are, or averaged over its steps. */
export type WeightsKind = 'average' | 'raw';

/** The weights of a state, fixed parameters included. Before the first update their average is what they are. */
export function weightsOf({ updates, weights, average }: TrainingState, kind: WeightsKind): Groups {
  return kind === 'raw' || updates === 0 ? weights : { ...weights, ...average };
}
