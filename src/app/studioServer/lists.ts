// The lists of models and of runs that a server sends to its page.
import type { RunProgress } from '../../training/reports/index.ts';

/** A model in the list; unknown values are null. */
export interface OfferedModel {
  /** The path of its folder from the page: `models/mnist-small`, `runs/first`. */
  readonly path: string;
  /** An export, or a run, which may still be training. */
  readonly kind: 'export' | 'run';
  /** The model's files in its folder, as `loadModel` takes them; none if there is a problem. */
  readonly files: readonly string[];
  /** The preset that it was trained with. */
  readonly preset: string | null;
  /** The dataset that it was trained on. */
  readonly data: string | null;
  /** The number of training steps. */
  readonly step: number | null;
  /** bits/dim of the test images. */
  readonly test: number | null;
  /** Why it can't be used, as a sentence. */
  readonly problem: string | null;
}

/** The file name of the list of models, next to the page. */
export const MODELS_FILE = 'models.json';

/** A run in the list. */
export interface FoundRun extends RunProgress {
  /** The path of its folder from the page: `runs/first`. */
  readonly path: string;
  /** The last checkpoint's files, as `loadModel` takes them; none before the first checkpoint. */
  readonly files: readonly string[];
  /** The sheets of samples, earliest first. */
  readonly samples: readonly string[];
  /** Whether a process trains it, here or perhaps on another machine. */
  readonly isTraining: boolean;
  /** Which of the model card and the summary it has. */
  readonly texts: readonly string[];
  /** The keys of its configuration and their values, as text; none if it can't be read. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The list of runs. */
export interface FoundRuns {
  readonly runs: readonly FoundRun[];
  /** Where the search stopped early; null if it did not. */
  readonly stopped: string | null;
}

/** The name of the list of runs, next to the page of a server; static files have none. */
export const RUNS_FILE = 'runs.json';
