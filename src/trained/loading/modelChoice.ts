// Which model of a run or an export to load.
import type { StepChoice } from '../../runs/contents/chosenCheckpoint.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';

/** Which model of a run or an export to load. */
export interface ModelChoice {
  /**
   * The moving average of the weights (default), or the raw weights after the last update. An export has only
   * one kind; requesting the other is an error.
   */
  readonly weights?: WeightsKind | undefined;
  /**
   * The step whose checkpoint is loaded, or `'best'`: the one with the lowest bits/dim of the validation images. By
   * default the last one. An export has only one step; requesting another is an error.
   */
  readonly step?: StepChoice | undefined;
}

/** The same, also with damaged weights. */
export interface DamagedChoice extends ModelChoice {
  /** Whether a checkpoint that fails its checksum is accepted, and weights that are not finite are. */
  readonly acceptDamage?: boolean | undefined;
}
