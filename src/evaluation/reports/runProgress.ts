// How far a run is and what came of it, as lists of runs say it.
import type { DequantisationName } from '../../models/dequantisation.ts';
import type { ResultUnit } from '../../models/unit.ts';
import type { Trouble } from '../../runs/contents/logLines.ts';

/** How far a run is; values that it does not have yet are null. */
export interface RunProgress extends Trouble {
  readonly preset: string | null;
  /** The dataset, as its configuration names it. */
  readonly data: string | null;
  /** Which bound its bits/dim are, named after the dequantisation noise. */
  readonly bound: DequantisationName | null;
  /** The unit in which its results are shown; those below are in bits per value. */
  readonly unit: ResultUnit['name'] | null;
  /** Steps so far. */
  readonly step: number;
  /** Whether all steps of its schedule are done and measured. */
  readonly complete: boolean;
  /** bits/dim of the last batches, 50 at most, with the weights of their steps; null if none is finite. */
  readonly train: number | null;
  /** bits/dim of the validation images at the last milestone, with the average weights. */
  readonly validation: number | null;
  /** bits/dim of the test images with the average weights, at the latest step that was evaluated on them. */
  readonly test: number | null;
  readonly imagesPerSecond: number | null;
  /** If a log is long: of how many MiB at the end of each log the counts and speeds are. Null if of all of it. */
  readonly onlyLastMiB: number | null;
  /** When its files last changed, in ISO 8601. */
  readonly when: string | null;
  /** What is wrong with its files; null if nothing is. */
  readonly problem: string | null;
}

/** A run of which nothing is known yet. */
export const unknownProgress: RunProgress = {
  preset: null,
  data: null,
  bound: null,
  unit: null,
  step: 0,
  complete: false,
  train: null,
  validation: null,
  test: null,
  imagesPerSecond: null,
  droppedSteps: 0,
  setbacks: 0,
  onlyLastMiB: null,
  when: null,
  problem: null,
};
