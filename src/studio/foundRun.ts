// What a server and its page agree on: the runs that a studio watches.
import type { RunProgress } from '../evaluation/reports/runProgress.ts';

/** A run that a studio has found. */
export interface FoundRun extends RunProgress {
  /** The path of its folder from the page: `runs/first`. */
  readonly path: string;
  /** The files of the model after its last checkpoint, as `loadModel` takes them; none before the first one. */
  readonly files: readonly string[];
  /** The sheets of samples, earliest first. */
  readonly samples: readonly string[];
}

/** The runs that a studio has found. */
export interface FoundRuns {
  readonly runs: readonly FoundRun[];
  /** Where the search stopped early; null if it did not. */
  readonly stopped: string | null;
}

/** The name of the list of runs, next to the page of a server; static files have none. */
export const RUNS_FILE = 'runs.json';
