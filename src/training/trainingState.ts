// The state of a training: what it remembers from step to step besides its configuration.

import type { Groups } from './parameterLayout.ts';
import type { GuardState } from './step/guard.ts';

/** What an optimiser remembers. */
export interface OptimizerState {
  /** The name of the optimiser. */
  readonly name: string;
  /** The arrays of its moments, by their names; what is missing is zero. */
  readonly moments: Readonly<Record<string, Groups>>;
}

/** What a training can go on from: a state, or one before the first update, of which no optimiser knows yet. */
export interface TrainingStart {
  /** The number of steps made; each took a batch. */
  readonly step: number;
  /** The number of updates among them that the weights come from: a step that the guard drops makes none. */
  readonly updates: number;
  /** What the guard remembers. */
  readonly guard: GuardState;
  /** The weights as the last update left them, fixed parameters included. */
  readonly weights: Groups;
  /** The moving average of the weights, corrected for its zero start; what is missing is zero. */
  readonly average: Groups;
  /** What the optimiser remembers; nothing before the first update. */
  readonly optimizer?: OptimizerState;
}

/** All that a training remembers besides its configuration. */
export interface TrainingState extends TrainingStart {
  readonly optimizer: OptimizerState;
}

/** The weights of a training: as they are, or averaged over its steps. */
export type WeightsKind = 'average' | 'raw';

/** The weights of a state, fixed parameters included. Before the first update their average is what they are. */
export function weightsOf({ updates, weights, average }: TrainingStart, kind: WeightsKind): Groups {
  return kind === 'raw' || updates === 0 ? weights : { ...weights, ...average };
}
