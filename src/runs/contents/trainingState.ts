// The training state: everything carried from step to step, without the configuration.
import type { NdArray } from '../../core/numeric/index.ts';
import type { GuardState } from './guardState.ts';

/** The state of an optimiser. */
interface OptimizerState {
  /** The name of the optimiser. */
  readonly name: string;
  /** The arrays of its moments by name; missing ones are zero. */
  readonly moments: Readonly<Record<string, Record<string, NdArray>>>;
}

/** What training can start from: a state, or one before the first update, with no optimiser state yet. */
export interface TrainingStart {
  /** The number of steps taken; each used one batch. */
  readonly step: number;
  /** How many of them updated the weights: a step that the guard drops does not. */
  readonly updates: number;
  /** @internal The state of the guard. */
  readonly guard: GuardState;
  /** The weights after the last update, fixed parameters included. */
  readonly weights: Record<string, NdArray>;
  /** The moving average of the weights, corrected for its zero start; missing arrays are zero. */
  readonly average: Record<string, NdArray>;
  /** The state of the optimiser; missing before the first update. */
  readonly optimizer?: OptimizerState;
}

/** The complete training state, apart from the configuration. */
export interface TrainingState extends TrainingStart {
  readonly optimizer: OptimizerState;
}

/** The kinds of weights: raw, or averaged over the steps. */
export type WeightsKind = 'average' | 'raw';

/**
 * The weights of a state, fixed parameters included. Before the first update the average equals the weights.
 */
export function selectWeights(
  { updates, weights, average }: TrainingStart,
  kind: WeightsKind,
): Record<string, NdArray> {
  return kind === 'raw' || updates === 0 ? weights : { ...weights, ...average };
}
