// The list of models that a server sends to its page.

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

/** The file name of the list, next to the page. */
export const MODELS_FILE = 'models.json';
