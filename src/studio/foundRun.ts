// What a server and its page agree on: the runs that a studio watches.

/** A run that a studio has found; values that it does not have yet are null. */
export interface FoundRun {
  /** The path of its folder from the page: `runs/first`. */
  readonly path: string;
  /** The preset that it is trained with. */
  readonly preset: string | null;
  /** The dataset, as its configuration names it. */
  readonly data: string | null;
  /** Steps so far. */
  readonly step: number;
  /** Whether all steps of its schedule are done and measured. */
  readonly complete: boolean;
  /** bits/dim of the last batches. */
  readonly train: number | null;
  /** bits/dim of the validation images at the last milestone. */
  readonly validation: number | null;
  /** bits/dim of the test images. */
  readonly test: number | null;
  /** Over all steps. */
  readonly imagesPerSecond: number | null;
  /** Steps that the guard dropped. */
  readonly droppedSteps: number;
  /** How often training rolled back to earlier weights. */
  readonly setbacks: number;
  /** When its files last changed, in ISO 8601. */
  readonly when: string | null;
  /** The files of the model after its last checkpoint, as `loadModel` takes them; none before the first one. */
  readonly files: readonly string[];
  /** The sheets of samples, earliest first. */
  readonly samples: readonly string[];
  /** What is wrong with its files, as a sentence. */
  readonly problem: string | null;
}

/** The name of the list of runs, next to the page of a server; static files have none. */
export const RUNS_FILE = 'runs.json';
